import { useState } from 'react';
import type { Output } from '../../main/api/contract.ts';
import { type PlainError, toPlainError } from '../../main/model/app-error.ts';
import type { Cluster } from '../../main/model/cluster.ts';
import { commandFor, shellOf } from '../../main/model/shell-word.ts';
import { timeLeft } from '../../main/model/time-left.ts';
import { useActions, useAgent } from '../agent/page.tsx';
import { useNow } from '../agent/use-now.ts';
import { CopyButton } from '../controls/copy-button.tsx';
import { lockText } from './lock-text.ts';
import './production-lock.css';

/** Creates a read-only kubeconfig of the cluster, and offers the command that uses it. */
export function ReadOnlyFile({ cluster }: { readonly cluster: Cluster }) {
  const { id, title } = cluster;
  const actions = useActions();
  const platform = useAgent(({ agent }) => agent.platform);
  const [made, setMade] = useState<Output<'read-only-file'>>();
  const [failure, setFailure] = useState<PlainError>();
  const [isBusy, setBusy] = useState(false);
  const now = useNow(made && 60_000);
  const make = () => {
    if (isBusy) return;
    setBusy(true);
    actions
      .makeReadOnlyFile(id)
      .then(
        (file) => {
          setMade(file);
          setFailure(undefined);
        },
        (error: unknown) => setFailure(toPlainError(error)),
      )
      .finally(() => setBusy(false));
  };
  const command = made && commandFor(shellOf(platform))`kubectl --kubeconfig ${made.file} get namespaces`;
  return (
    <>
      {command === undefined || made === undefined ? (
        <button
          type="button"
          className="link-button"
          aria-label={lockText.makeReadOnlyFor(title)}
          aria-disabled={isBusy}
          onClick={make}
        >
          {lockText.makeReadOnly}
        </button>
      ) : (
        <>
          <span className="copied">
            <code>{command}</code>
            <CopyButton label={lockText.copyReadOnly} value={command} />
          </span>
          <small className="read-only-hint">{lockText.readOnlyHint(timeLeft(made.until, now))}</small>
        </>
      )}
      {failure !== undefined && (
        <small className="failure" role="alert">
          {lockText.notMade}: {failure.message} {failure.hint}
        </small>
      )}
    </>
  );
}
