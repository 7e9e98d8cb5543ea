import type { Snapshot } from '../model/agent-view.ts';
import type { Session } from './session.ts';

/** Shows how far discovery is, until the session's progress ends. */
export async function followDiscovery({ client, progress }: Session): Promise<void> {
  const show = (discovery: Snapshot['discovery']) => {
    if (discovery.status !== 'running') return;
    const { cellsRead, cellsKnown, clusters } = discovery;
    progress.update(`Looking for clusters: ${cellsRead} of ${cellsKnown} places read, ${clusters} found`);
  };
  progress.update('Looking for clusters');
  const snapshot = await client.subscribe((change) => {
    if (change.kind === 'set' && change.values.discovery) show(change.values.discovery);
  });
  show(snapshot.discovery);
}
