import { type Environment, silentLogger } from '../../../agent/parts.ts';
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
    /** `pid` is undefined where the system does not say it. */
    | { readonly kind: 'own'; readonly pid: number | undefined; readonly program: string }
    | { readonly kind: 'other'; readonly account: string };
}

/**
 * Resolves with who listens on the ports of the entries, by the system's table of connections: a connection would open the
 * tunnel of an on-demand context, and listening there could make the agent choose another port. Resolves with undefined if
 * this computer does not say.
 */
export async function listenersOf(
  entries: readonly EntryFacts[],
  { env }: { readonly env: Environment },
): Promise<readonly PortFacts[] | undefined> {
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
    const running = await peer.process();
    return { kind: 'own', pid: running?.pid, program: running?.name ?? 'a program' };
  }
}
