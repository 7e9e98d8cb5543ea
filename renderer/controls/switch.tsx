import type { Ref } from 'react';

/** An on/off switch; `isBusy` while the change is pending. */
export function Switch({
  label,
  isOn,
  isBusy = false,
  isDisabled = false,
  tabIndex,
  describedBy,
  ref,
  onChange,
}: {
  readonly label: string;
  readonly isOn: boolean;
  readonly isBusy?: boolean;
  readonly isDisabled?: boolean;
  readonly tabIndex?: number | undefined;
  readonly describedBy?: string | undefined;
  readonly ref?: Ref<HTMLInputElement>;
  readonly onChange: (on: boolean) => void;
}) {
  return (
    <input
      type="checkbox"
      role="switch"
      aria-checked={isOn}
      className="switch"
      ref={ref}
      aria-label={label}
      aria-describedby={describedBy}
      aria-busy={isBusy}
      data-busy={isBusy || undefined}
      checked={isOn}
      disabled={isDisabled}
      tabIndex={tabIndex}
      onChange={(event) => onChange(event.target.checked)}
    />
  );
}
