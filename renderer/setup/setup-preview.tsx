import { LoaderCircle, ShieldAlert, ShieldCheck } from 'lucide-react';
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { Heading } from 'react-aria-components';
import { type PlainError, toPlainError } from '../../main/model/app-error.ts';
import type { SetupPreview } from '../../main/model/organisation-view.ts';
import { useActions, usePage } from '../agent/page.tsx';
import { agentText } from '../agent/text.ts';
import { KeyField } from './key-field.tsx';
import { fieldLines, type PreviewLine, settingLines } from './preview-lines.ts';
import { setupText } from './text.ts';
import './setup-preview.css';

type Phase =
  | { readonly kind: 'reading' }
  | { readonly kind: 'refused'; readonly error: PlainError }
  | { readonly kind: 'shown'; readonly preview: SetupPreview }
  | { readonly kind: 'applying'; readonly preview: SetupPreview }
  | { readonly kind: 'failed'; readonly preview: SetupPreview; readonly error: PlainError };

/** Previews an organisation's configuration. Nothing changes without confirmation. */
export function SetupQuestion({
  source,
  given,
  onClose,
  onDone,
}: {
  /** An https address, an absolute path or a link; undefined to review the pending changes. */
  readonly source?: string;
  /** A preview that was already loaded, with its key. */
  readonly given?: { readonly key?: string | undefined; readonly preview: SetupPreview } | undefined;
  readonly onClose: () => void;
  /** Called when it is set up; `signsIn` if the user wants to sign in next. */
  readonly onDone: (how: { readonly signsIn: boolean }) => void;
}) {
  const actions = useActions();
  const isConfirming = usePage((page) => page.isConfirming === true);
  const [phase, setPhase] = useState<Phase>(
    given === undefined ? { kind: 'reading' } : { kind: 'shown', preview: given.preview },
  );
  const [key, setKey] = useState(given?.key);
  const from = useMemo(
    () => ({ ...(source === undefined ? {} : { source }), ...(key === undefined ? {} : { key }) }),
    [source, key],
  );
  const isReview = source === undefined;
  const reading = useRef<AbortController>(undefined);
  const read = useCallback(() => {
    reading.current?.abort();
    const abort = new AbortController();
    reading.current = abort;
    setPhase({ kind: 'reading' });
    const settle = (next: Phase) => {
      if (!abort.signal.aborted) setPhase(next);
    };
    actions.previewSetup(from, abort.signal).then(
      (preview) => settle({ kind: 'shown', preview }),
      (error: unknown) => settle({ kind: 'refused', error: toPlainError(error) }),
    );
  }, [actions, from]);
  const isGiven = given !== undefined && key === given.key;
  useEffect(() => {
    if (!isGiven) read();
    return () => reading.current?.abort();
  }, [read, isGiven]);
  const apply = async (preview: SetupPreview, signsIn = false) => {
    setPhase({ kind: 'applying', preview });
    try {
      await actions.applySetup(from, preview);
      onDone({ signsIn });
    } catch (error) {
      setPhase({ kind: 'failed', preview, error: toPlainError(error) });
    }
  };
  const preview = 'preview' in phase ? phase.preview : undefined;
  const error = 'error' in phase ? phase.error : undefined;
  return (
    <>
      <Heading slot="title">
        {preview !== undefined
          ? (isReview ? setupText.reviewTitle : setupText.title)(preview.name)
          : phase.kind === 'reading'
            ? setupText.reading
            : setupText.unread}
      </Heading>
      {phase.kind === 'reading' && (
        <p className="setup-reading">
          <LoaderCircle size={16} aria-hidden />
          <bdi>{source ?? ''}</bdi>
        </p>
      )}
      {preview !== undefined && <Preview preview={preview} isReview={isReview} />}
      {isConfirming && <p role="status">{agentText.link.confirming}</p>}
      {error !== undefined && (
        <p className="setup-failure" role="alert">
          {preview !== undefined && `${setupText.failed}: `}
          {error.message} {error.hint}
        </p>
      )}
      {/* Without a valid signature, the user can try another key. */}
      {(preview?.signed === false || (phase.kind === 'refused' && key !== undefined)) && (
        <KeyField onKey={setKey} />
      )}
      <div className="actions">
        {/* biome-ignore lint/a11y/noAutofocus: the safe answer has the focus, whatever comes to be shown. */}
        <button type="button" className="button" autoFocus onClick={onClose}>
          {setupText.no}
        </button>
        {error !== undefined && (
          <button type="button" className="button" onClick={read}>
            {setupText.again}
          </button>
        )}
        {(phase.kind === 'shown' || phase.kind === 'applying') && (
          <button
            type="button"
            className={setUpClass(phase.preview, isReview)}
            aria-disabled={phase.kind === 'applying'}
            onClick={() => {
              if (phase.kind === 'shown') void apply(phase.preview);
            }}
          >
            {phase.kind === 'applying'
              ? setupText.working
              : phase.preview.conflict === undefined
                ? isReview
                  ? setupText.accept
                  : setupText.yes
                : setupText.replace}
          </button>
        )}
        {phase.kind === 'shown' && !isReview && phase.preview.conflict === undefined && (
          <button type="button" className="button primary" onClick={() => void apply(phase.preview, true)}>
            {setupText.yesAndSignIn}
          </button>
        )}
      </div>
    </>
  );
}

function setUpClass({ conflict }: SetupPreview, isReview: boolean): string {
  if (conflict !== undefined) return 'button danger';
  return isReview ? 'button primary' : 'button';
}

function Preview({ preview, isReview }: { readonly preview: SetupPreview; readonly isReview: boolean }) {
  const { origin, place, signed, key, conflict, remarks } = preview;
  const lines = fieldLines(preview).filter(({ before }) => !isReview || before !== undefined);
  const Seal = signed ? ShieldCheck : ShieldAlert;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls by the keys.
    <section className="setup-preview" tabIndex={0} aria-label={setupText.says}>
      <dl className="setup-whose">
        <div>
          <dt>{setupText.from}</dt>
          <dd>
            {origin === 'url' && <b>{new URL(place).host}</b>}
            <span>{place}</span>
          </dd>
        </div>
        <div data-signed={signed}>
          <dt>
            <Seal size={14} aria-hidden />
            {signatureText(preview)}
          </dt>
          {key !== undefined && (
            <dd>
              <code>{key}</code>
            </dd>
          )}
        </div>
      </dl>
      {conflict !== undefined && (
        <p className="setup-conflict">{setupText.conflicts[conflict.why](conflict.name, conflict.place)}</p>
      )}
      {/* A review shows the changes first. */}
      {isReview && <Lines title={setupText.changes} lines={lines} />}
      {remarks.length > 0 && (
        <>
          <h3>{setupText.means}</h3>
          <ul>
            {remarks.map((remark) => (
              <li key={remark}>{remark}</li>
            ))}
          </ul>
        </>
      )}
      {!isReview && <Lines title={setupText.says} lines={lines} />}
      <Lines title={setupText.settings} lines={settingLines(preview)} />
      <p>{setupText.nothing}</p>
    </section>
  );
}

function signatureText({ signed, key, unchecked }: SetupPreview): string {
  if (signed) return setupText.signed;
  if (key !== undefined) return setupText.linkSigned;
  return unchecked ? setupText.unchecked : setupText.unsigned;
}

function Lines({ title, lines }: { readonly title: string; readonly lines: readonly PreviewLine[] }) {
  if (lines.length === 0) return null;
  return (
    <>
      <h3>{title}</h3>
      <dl>
        {lines.map(({ key, title: name, value, before, isManaged }) => (
          <div key={key}>
            <dt>{name}</dt>
            <dd>
              <bdi>{value}</bdi>
              {isManaged && <span className="setup-managed">{setupText.managed}</span>}
              {before !== undefined && (
                <small>
                  <bdi>{setupText.now(before)}</bdi>
                </small>
              )}
            </dd>
          </div>
        ))}
      </dl>
    </>
  );
}
