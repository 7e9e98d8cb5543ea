import { type Environment, silentLogger } from '../../../agent/parts.ts';
import type { RunningProcess } from '../../../agent/tunnels/peers/peer-table.ts';
import { createPeers } from '../../../agent/tunnels/peers/peers.ts';
import type { EntryFacts } from './kubeconfig.ts';

/** The local port of an entry, and who listens there. */
export interface PortFacts {
  readonly port: number;
  /** The name of the entry's context. */
  readonly name: string;
  readonly id: string;
  readonly listener:
    | { readonly kind: 'none' }
    /** Of this account. `process` is undefined if it was not looked up, or the system does not say it. */
    | { readonly kind: 'own'; readonly process: RunningProcess | undefined }
    | { readonly kind: 'other'; readonly account: string };
}

/** Each look-up walks through all processes of the computer. */
const lookUpsAtMost = 8;

/**
 * Resolves with who listens on the ports of the entries, by the system's table of connections: a connection would open the
 * tunnel of an on-demand context, and listening there could make the agent choose another port. Resolves with undefined if
 * this computer does not say.
 */
export async function listenersOf(
  entries: readonly EntryFacts[],
  { env }: { readonly env: Environment },
): Promise<readonly PortFacts[] | undefined> {
  let lookUps = 0;
  const peers = await createPeers({ env, logger: silentLogger });
  if (!peers.isChecked) return undefined;
  try {
    const byPort = new Map(
      entries.flatMap((entry) => (entry.port === undefined ? [] : [[entry.port, entry]])),
    );
    return await Promise.all(
      [...byPort].map(async ([port, { name, id }]) => ({ port, name, id, listener: await listener(port) })),
    );
  } finally {
    await peers.close();
  }

  async function listener(port: number): Promise<PortFacts['listener']> {
    const peer = await peers.listenerOf(port);
    if (peer === undefined) return { kind: 'none' };
    if (peer.kind === 'other') return { kind: 'other', account: await peer.account() };
    lookUps += 1;
    return { kind: 'own', process: lookUps > lookUpsAtMost ? undefined : await peer.process() };
  }
}
