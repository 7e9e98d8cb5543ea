import { type RefObject, useId } from 'react';

/** A text field that shows its error below it. */
export function CheckedField({
  label,
  field,
  example,
  wrong,
  maxLength = 2_000,
  isAddress = false,
  onInput,
}: {
  readonly label: string;
  readonly field: RefObject<HTMLInputElement | null>;
  readonly example: string;
  readonly wrong: string | undefined;
  readonly maxLength?: number;
  readonly isAddress?: boolean;
  readonly onInput: () => void;
}) {
  const id = useId();
  return (
    <>
      <label htmlFor={id}>{label}</label>
      <input
        id={id}
        ref={field}
        className="field"
        type="text"
        inputMode={isAddress ? 'url' : 'text'}
        placeholder={example}
        maxLength={maxLength}
        spellCheck={false}
        autoCapitalize="none"
        autoComplete="off"
        aria-invalid={wrong !== undefined}
        aria-describedby={wrong === undefined ? undefined : `${id}-wrong`}
        onInput={onInput}
      />
      {wrong !== undefined && (
        <p className="field-wrong" id={`${id}-wrong`} role="alert">
          {wrong}
        </p>
      )}
    </>
  );
}
