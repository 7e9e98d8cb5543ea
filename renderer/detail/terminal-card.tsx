import { useEffect, useRef, useState } from 'react';
import type { TunnelView } from '../../main/agent/agent-view.ts';
import { type PlainError, toPlainError } from '../../main/agent/app-error.ts';
import { useActions } from '../agent/page.tsx';
import type { RowState } from '../clusters/use-row.ts';
import { CopyButton } from '../controls/copy-button.tsx';
import { kubectlCommand } from '../controls/kubectl-command.ts';
import { byteWords } from '../text/bytes.ts';
import { text } from '../text/text.ts';
import { Card, Facts } from './card.tsx';

const words = text.detail;

/** What kubectl has of a cluster that is open or kept, and the way to take that away. */
export function TerminalCard({ row }: { readonly row: RowState }) {
  const { cluster, tunnel, view, isUsable, isCurrent, isKept } = row;
  const { id, title } = cluster;
  const actions = useActions();
  const [forgetting, setForgetting] = useState<'idle' | 'running' | 'done' | PlainError>('idle');
  const told = useRef<HTMLParagraphElement>(null);
  // The button that had the focus is gone.
  useEffect(() => {
    if (forgetting === 'done') told.current?.focus();
  }, [forgetting]);
  const open =
    view.isOn && (tunnel?.port !== undefined || tunnel?.connector === 'direct') ? tunnel : undefined;
  if (open === undefined && !isKept)
    return forgetting === 'done' ? (
      <p className="forgotten" ref={told} tabIndex={-1}>
        {words.forgotten}
      </p>
    ) : null;
  if (forgetting === 'done') setForgetting('idle');
  const forget = () => {
    setForgetting('running');
    actions.forget(id).then(
      () => setForgetting('done'),
      (error: unknown) => setForgetting(toPlainError(error)),
    );
  };
  const command = kubectlCommand(title);
  return (
    <Card
      title={words.terminal}
      action={
        isUsable &&
        !isCurrent && (
          <button type="button" className="link-button" onClick={() => void actions.use(id)}>
            {words.useHere}
          </button>
        )
      }
    >
      <div className="command">
        <code>{command}</code>
        <CopyButton label={words.copyCommand} value={command} />
      </div>
      <Facts
        facts={
          open === undefined
            ? [
                [words.context, <code key="context">{title}</code>],
                [words.entry, words.kept],
              ]
            : [
                ...(open.port === undefined ? [] : portFacts({ ...open, port: open.port })),
                [words.carrier, words.carriers[open.connector]],
              ]
        }
      />
      {/* One that is only on its way has no entry yet. */}
      {(isKept || isUsable) && (
        <button
          type="button"
          className="button small forget"
          title={(isKept ? words.forgetFor : words.closeAndForgetFor)(title)}
          disabled={forgetting === 'running'}
          onClick={forget}
        >
          {isKept ? words.forget : words.closeAndForget}
        </button>
      )}
      {typeof forgetting === 'object' && (
        <p className="failure" role="alert">
          {words.notForgotten}: {forgetting.message} {forgetting.hint}
        </p>
      )}
    </Card>
  );
}

function portFacts({ port, connections, sent, received }: TunnelView & { readonly port: number }) {
  return [
    [words.proxy, <code key="port">127.0.0.1:{port}</code>],
    [words.traffic, words.connections(connections, byteWords(sent), byteWords(received))],
  ] as const;
}
