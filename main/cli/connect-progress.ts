import type { Cluster, ClusterId } from '../model/cluster.ts';
import { contextNames } from '../model/context-name.ts';
import type { TunnelState } from '../model/tunnel-state.ts';
import { stageText } from './cluster-view.ts';
import { createLoginNotes } from './login-notes.ts';
import type { Session } from './session.ts';
import { printable, warningLine } from './terminal.ts';

/**
 * Shows the states of the clusters that `words` name, the address to sign in at if no browser opened, and the agent's
 * warnings as they arrive. `warned` has the warnings shown so far; `end` stops the notes about logins.
 */
export async function followConnecting(
  { client, progress }: Session,
  words: readonly string[],
): Promise<{ readonly end: () => void; readonly warned: ReadonlySet<string> }> {
  const warned = new Set<string>();
  const clusters = new Map<ClusterId, Cluster>();
  const states = new Map<ClusterId, TunnelState>();
  const notes = createLoginNotes(progress);
  const wanted = new Set(words.map((word) => word.toLowerCase()));
  let contexts: ReadonlyMap<ClusterId, string> = new Map();
  const isWanted = ({ id, title, name }: Cluster) =>
    [id, title, name, contexts.get(id) ?? ''].some((text) => wanted.has(text.toLowerCase()));

  const show = () => {
    const parts = [...states].flatMap(([id, state]) => {
      const cluster = clusters.get(id);
      return cluster === undefined || !isWanted(cluster)
        ? []
        : [`${printable(cluster.title)}: ${stateText(state)}`];
    });
    if (parts.length > 0) progress.update(parts.join(' · '));
  };

  progress.update(`Connecting ${words.join(', ')}`);
  const snapshot = await client.subscribe((change) => {
    if (change.kind === 'catalog') for (const cluster of change.upserted) clusters.set(cluster.id, cluster);
    if (change.kind === 'tunnel') states.set(change.tunnel.cluster, change.tunnel.state);
    if (change.kind === 'set' && change.values.logins) notes.show(change.values.logins);
    if (change.kind === 'notice' && change.notice.level === 'warning') {
      warned.add(change.notice.message);
      progress.note(warningLine(change.notice.message));
    }
    show();
  });
  for (const cluster of snapshot.clusters) clusters.set(cluster.id, cluster);
  contexts = contextNames(snapshot.clusters, {
    given: snapshot.givenNames,
    template: snapshot.settings.contextName,
  });
  notes.show(snapshot.logins);
  return { end: notes.end, warned };
}

function stateText(state: TunnelState): string {
  switch (state.status) {
    case 'logging-in':
      return 'waiting for you to sign in in the browser';
    case 'connected':
      return `connected in ${Math.round(state.probe.totalMs)} ms`;
    case 'failed':
      return `failed ${stageText(state.failure.stage)}`;
    default:
      return state.status;
  }
}
