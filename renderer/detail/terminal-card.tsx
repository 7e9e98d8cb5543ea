import { type ReactNode, useEffect, useRef, useState } from 'react';
import type { History } from '../../main/model/activity-entry.ts';
import { type PlainError, toPlainError } from '../../main/model/app-error.ts';
import type { Cluster } from '../../main/model/cluster.ts';
import { byteSize } from '../../main/model/wording.ts';
import { useActions, useAgent } from '../agent/page.tsx';
import type { RowState } from '../clusters/use-row.ts';
import { CopyButton } from '../controls/copy-button.tsx';
import { kubectlCommand } from '../controls/kubectl-command.ts';
import { clusterText } from '../text/cluster.ts';
import { Card, Facts } from './card.tsx';
import { EntryFormChoice } from './entry-form-choice.tsx';
import { IdentityChoice } from './identity-choice.tsx';
import { lockText } from './lock-text.ts';
import { ReadOnlyFile } from './read-only-file.tsx';
import { detailText } from './text.ts';
import { useContextName } from './use-context-name.ts';

type Traffic = NonNullable<History['traffic']>;

/** Shows what kubectl uses for a connected or on-demand cluster, and removes it from the kubeconfig. */
export function TerminalCard({
  row,
  history,
}: {
  readonly row: RowState;
  readonly history: History | undefined;
}) {
  const { cluster, tunnel, view, isUsable, isCurrent, isOnDemand } = row;
  const { id, title } = cluster;
  const actions = useActions();
  const platform = useAgent(({ agent }) => agent.platform);
  const defaultName = useContextName(cluster);
  const [removal, setRemoval] = useState<'idle' | 'running' | 'done' | PlainError>('idle');
  const notice = useRef<HTMLParagraphElement>(null);
  // The button that had the focus was removed.
  useEffect(() => {
    if (removal === 'done') notice.current?.focus();
  }, [removal]);
  const open =
    view.isOn && (tunnel?.port !== undefined || tunnel?.connector === 'direct') ? tunnel : undefined;
  if (open === undefined && !isOnDemand)
    return removal === 'done' ? (
      <p className="removal-notice" ref={notice} tabIndex={-1}>
        {detailText.removed}
      </p>
    ) : null;
  if (removal === 'done') setRemoval('idle');
  const remove = () => {
    if (removal === 'running') return;
    setRemoval('running');
    actions.removeContext(id).then(
      () => setRemoval('done'),
      (error: unknown) => setRemoval(toPlainError(error)),
    );
  };
  // The default name may be taken by another context: the kubeconfig has the actual one.
  const context = history?.entry?.name ?? defaultName;
  const command = kubectlCommand(context, platform);
  const entryForm = [detailText.entryForm, <EntryFormChoice key="form" cluster={cluster} />] as const;
  const readOnly = [lockText.readOnlyFile, <ReadOnlyFile key={id} cluster={cluster} />] as const;
  return (
    <Card
      title={detailText.terminal}
      action={
        isUsable &&
        !isCurrent && (
          <button type="button" className="link-button" onClick={() => void actions.setCurrent(id)}>
            {detailText.setCurrent}
          </button>
        )
      }
    >
      <div className="command">
        <code>{command}</code>
        <CopyButton label={detailText.copyCommand} value={command} />
      </div>
      <Facts
        facts={
          open === undefined
            ? [
                ...entryFacts(context, cluster, history),
                entryForm,
                readOnly,
                [detailText.onDemand, detailText.connectsOnDemand],
              ]
            : [
                ...(isUsable ? [...entryFacts(context, cluster, history), entryForm, readOnly] : []),
                ...(open.port === undefined ? [] : portFacts(open.port, history?.traffic ?? open)),
                [detailText.connector, clusterText.connectors[open.connector]],
              ]
        }
      />
      {/* A cluster that is still connecting has no context yet. */}
      {(isOnDemand || isUsable) && (
        <button
          type="button"
          className="button small removal-button"
          title={(isOnDemand ? detailText.removeFor : detailText.disconnectAndRemoveFor)(title)}
          aria-disabled={removal === 'running'}
          onClick={remove}
        >
          {isOnDemand ? detailText.remove : detailText.disconnectAndRemove}
        </button>
      )}
      {typeof removal === 'object' && (
        <p className="failure" role="alert">
          {detailText.notRemoved}: {removal.message} {removal.hint}
        </p>
      )}
    </Card>
  );
}

type Fact = readonly [name: string, value: ReactNode];

/** Lists what was added to the kubeconfig. */
function entryFacts(name: string, cluster: Cluster, history: History | undefined): readonly Fact[] {
  const { entry: { file } = {}, identity } = history ?? {};
  return [
    [detailText.context, <Copied key="context" label={detailText.copyContext} value={name} />],
    [
      detailText.file,
      file === undefined ? undefined : <Copied key="file" label={detailText.copyFile} value={file} />,
    ],
    [detailText.added, file === undefined ? undefined : detailText.addedNames],
    [
      detailText.signsInAs,
      identity && <IdentityChoice key="identity" cluster={cluster} identity={identity} />,
    ],
  ];
}

function portFacts(port: number, { connections, sent, received }: Traffic): readonly Fact[] {
  const address = `127.0.0.1:${port}`;
  return [
    [detailText.proxy, <Copied key="port" label={detailText.copyPort} value={address} />],
    [detailText.traffic, detailText.connections(connections, byteSize(sent), byteSize(received))],
  ];
}

/** Shows a value with a button that copies it. */
function Copied({ label, value }: { readonly label: string; readonly value: string }) {
  return (
    <span className="copied">
      <code>{value}</code>
      <CopyButton label={label} value={value} />
    </span>
  );
}
