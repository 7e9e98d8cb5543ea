import type { Snapshot } from '../model/agent-view.ts';
import { plural } from '../model/wording.ts';
import { cellName } from './cluster-view.ts';
import type { Session } from './session.ts';

/** Shows the progress of discovery until the session's progress ends. */
export async function followDiscovery({ client, progress }: Session): Promise<void> {
  const show = (discovery: Snapshot['discovery']) => {
    if (discovery.status !== 'running') return;
    const { cellsRead, cellsKnown, clusters } = discovery;
    const locations = plural(cellsKnown, { one: '# location', other: '# locations' });
    const slow = (discovery.slow ?? []).map(cellName);
    const waiting = slow.length === 0 ? '' : `; waiting for ${slow.slice(0, 3).join(', ')}`;
    progress.update(`Discovering clusters: ${cellsRead} of ${locations}, ${clusters} found${waiting}`);
  };
  progress.update('Discovering clusters');
  const snapshot = await client.subscribe((change) => {
    if (change.kind === 'set' && change.values.discovery) show(change.values.discovery);
  });
  show(snapshot.discovery);
}
