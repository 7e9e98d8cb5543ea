import type { Cluster } from '../../main/model/cluster.ts';
import { commandFor, shellOf } from '../../main/model/shell-word.ts';
import { useActions, useAgent } from '../agent/page.tsx';
import { CopyButton } from '../controls/copy-button.tsx';
import { DocsLink } from '../controls/docs-link.tsx';
import { clusterText } from '../text/cluster.ts';
import { Facts } from './card.tsx';
import { detailText } from './text.ts';
import { useContextName } from './use-context-name.ts';

/** Connects a cluster that is not connected, here or by a command, and names its owner. */
export function IdleCard({
  cluster,
  hasCommand,
}: {
  readonly cluster: Cluster;
  /** False if the page shows the command of an on-demand context. */
  readonly hasCommand: boolean;
}) {
  const { id, title, owner, docs } = cluster;
  const { connect } = useActions();
  const platform = useAgent(({ agent }) => agent.platform);
  const context = useContextName(cluster);
  const command = commandFor(shellOf(platform))`k8s-tunnels connect ${context}`;
  return (
    <section className="card idle" aria-label={detailText.idle.title}>
      <button
        type="button"
        className="button primary"
        aria-label={detailText.idle.connectTo(title)}
        onClick={() => void connect(id)}
      >
        {detailText.idle.connect}
      </button>
      {hasCommand && (
        <div className="command">
          <code>{command}</code>
          <CopyButton label={detailText.copyCommand} value={command} />
        </div>
      )}
      <Facts
        facts={[
          [
            clusterText.fields.owner,
            owner ?? (
              <span key="owner" className="none">
                {detailText.idle.noOwner}
              </span>
            ),
          ],
          [clusterText.fields.docs, docs === undefined ? undefined : <DocsLink key="docs" docs={docs} />],
        ]}
      />
    </section>
  );
}
