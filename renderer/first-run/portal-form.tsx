import { type FormEvent, useEffect, useRef, useState } from 'react';
import { isAwsRegion, startUrlIn } from '../../main/model/aws-portals.ts';
import { useActions, usePage } from '../agent/page.tsx';
import { CheckedField } from '../controls/checked-field.tsx';
import { text } from '../text/text.ts';

const words = text.firstRun;

/** Where AWS is not set up: the start URL that a user knows from the browser is enough to sign in by. */
export function PortalForm() {
  const actions = useActions();
  const url = useRef<HTMLInputElement>(null);
  const region = useRef<HTMLInputElement>(null);
  const [isOpen, setOpen] = useState(false);
  const [wrong, setWrong] = useState<'url' | 'region'>();
  /** The account of one that came to nothing is gone with it. */
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
        aria-label={words.portalFor}
        onClick={() => setOpen(true)}
      >
        {words.portalOpen}
      </button>
    );
  return (
    <form className="portal-form" aria-label={words.portalSignIn} onSubmit={submit}>
      <CheckedField
        label={words.portal}
        field={url}
        example={words.portalExample}
        wrong={wrong === 'url' ? words.noPortal : undefined}
        isAddress
        onInput={again}
      />
      <CheckedField
        label={words.region}
        field={region}
        example={words.regionExample}
        wrong={wrong === 'region' ? words.noRegion : undefined}
        maxLength={40}
        onInput={again}
      />
      <button type="submit" className="button small">
        {words.portalSignIn}
      </button>
      {failure?.status === 'failed' && (
        <p className="failure" role="alert">
          {text.accounts.failed[failure.to]}: {failure.error.message} {failure.error.hint}
        </p>
      )}
    </form>
  );
}
