import type { Socket } from 'node:net';

/** The connections of all gateways whose clients have not proven themselves yet, or were turned away and linger. */
export interface Unproven {
  /**
   * Counts a connection until it closes or the answer is called: its client has proven itself. Where too many wait, the
   * one that has waited longest is closed. That is the one least likely to be a client at work, which needs some
   * milliseconds; to refuse the newest would let a crowd that says nothing keep everybody else out.
   */
  add(port: number, client: Socket): () => void;
}

/** A busy client opens hundreds of connections at once. */
const perPortAtMost = 1_024;
const totalAtMost = 2_048;

export function createUnproven({
  perPort = perPortAtMost,
  total = totalAtMost,
}: {
  readonly perPort?: number;
  readonly total?: number;
} = {}): Unproven {
  /** Both in the order in which they came. */
  const all = new Map<Socket, number>();
  const ports = new Map<number, Set<Socket>>();

  const remove = (client: Socket) => {
    const port = all.get(client);
    if (port === undefined) return;
    all.delete(client);
    const ofPort = ports.get(port);
    ofPort?.delete(client);
    if (ofPort?.size === 0) ports.delete(port);
  };
  const evict = (clients: Iterable<Socket>) => {
    for (const oldest of clients) {
      remove(oldest);
      oldest.resetAndDestroy();
      return;
    }
  };

  return {
    add(port, client) {
      const ofPort = ports.get(port) ?? new Set();
      if (ofPort.size >= perPort) evict(ofPort);
      else if (all.size >= total) evict(all.keys());
      // Evicting the last of a port has taken its set away.
      ports.set(port, ofPort);
      ofPort.add(client);
      all.set(client, port);
      client.once('close', () => remove(client));
      return () => remove(client);
    },
  };
}
