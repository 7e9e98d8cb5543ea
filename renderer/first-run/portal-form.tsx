import { type FormEvent, useEffect, useRef, useState } from 'react';
import { isAwsRegion, startUrlIn } from '../../main/model/aws-portals.ts';
import { accountsText } from '../accounts/text.ts';
import { useActions, usePage } from '../agent/page.tsx';
import { CheckedField } from '../controls/checked-field.tsx';
import { firstRunText } from './text.ts';

/** Signs in to AWS with a start URL when no profile is configured. */
export function PortalForm() {
  const actions = useActions();
  const url = useRef<HTMLInputElement>(null);
  const region = useRef<HTMLInputElement>(null);
  const [isOpen, setOpen] = useState(false);
  const [wrong, setWrong] = useState<'url' | 'region'>();
  /** A failed sign-in leaves no account that could show its error. */
  const failure = usePage(({ signIns }) => {
    for (const [key, one] of signIns) if (key.startsWith('aws ') && one.status === 'failed') return one;
    return undefined;
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const startUrl = startUrlIn(url.current?.value ?? '');
    const where = region.current?.value.trim().toLowerCase() ?? '';
    if (startUrl === undefined) {
      setWrong('url');
      return url.current?.focus();
    }
    if (!isAwsRegion(where)) {
      setWrong('region');
      return region.current?.focus();
    }
    void actions.signInToPortal({ startUrl, region: where });
  };
  const again = () => setWrong(undefined);
  const isShown = isOpen || failure !== undefined;
  useEffect(() => {
    if (isOpen) url.current?.focus();
  }, [isOpen]);
  if (!isShown)
    return (
      <button
        type="button"
        className="button small"
        aria-label={firstRunText.portalFor}
        onClick={() => setOpen(true)}
      >
        {firstRunText.portalOpen}
      </button>
    );
  return (
    <form className="portal-form" aria-label={firstRunText.portalSignIn} onSubmit={submit}>
      <CheckedField
        label={firstRunText.portal}
        field={url}
        example={firstRunText.portalExample}
        wrong={wrong === 'url' ? firstRunText.noPortal : undefined}
        isAddress
        onInput={again}
      />
      <CheckedField
        label={firstRunText.region}
        field={region}
        example={firstRunText.regionExample}
        wrong={wrong === 'region' ? firstRunText.noRegion : undefined}
        maxLength={40}
        onInput={again}
      />
      <button type="submit" className="button small">
        {firstRunText.portalSignIn}
      </button>
      {failure?.status === 'failed' && (
        <p className="failure" role="alert">
          {accountsText.failed[failure.to]}: {failure.error.message} {failure.error.hint}
        </p>
      )}
    </form>
  );
}
