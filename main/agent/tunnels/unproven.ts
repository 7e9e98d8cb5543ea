import type { Socket } from 'node:net';

/** The connections of all gateways whose clients have not authenticated yet, or were rejected and linger. */
export interface Unproven {
  /**
   * Counts a connection until it closes, or until the returned function is called because its client has authenticated.
   * If too many wait, closes the one that has waited longest. A client at work needs only milliseconds, so that one is
   * the least likely to be real. Rejecting the newest would let silent connections lock everybody else out.
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
  /** Both are in the order of arrival. */
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
      // Evicting the last connection of a port has deleted its set.
      ports.set(port, ofPort);
      ofPort.add(client);
      all.set(client, port);
      client.once('close', () => remove(client));
      return () => remove(client);
    },
  };
}
