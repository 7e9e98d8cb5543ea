import net from 'node:net';

/** The network between the proxy and the edge, which can be cut. */
export interface Relay {
  readonly port: number;
  /** Cuts so many connections at random, half of them with a reset. Returns how many. */
  cut(count: number): number;
  /** Cuts every connection and is away for `ms`, as an edge that restarts. Returns how many were cut. */
  restart(ms: number): Promise<number>;
  open(): number;
  close(): Promise<void>;
}

export async function startRelay(target: () => number): Promise<Relay> {
  const pairs = new Set<{ readonly client: net.Socket; readonly edge: net.Socket }>();
  const server = net.createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
    const edge = net.connect({ port: target(), host: '127.0.0.1', noDelay: true, allowHalfOpen: true });
    const pair = { client, edge };
    pairs.add(pair);
    client
      .on('error', () => {})
      .once('close', () => {
        pairs.delete(pair);
        edge.destroySoon();
      });
    edge.on('error', () => {}).once('close', () => client.destroySoon());
    client.pipe(edge).pipe(client);
  });
  const listen = (port: number) =>
    new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, '127.0.0.1', resolve);
    });
  await listen(0);
  const { port } = server.address() as net.AddressInfo;
  const cutPair = ({ client, edge }: { readonly client: net.Socket; readonly edge: net.Socket }) => {
    if (Math.random() < 0.5) client.resetAndDestroy();
    else client.destroy();
    edge.destroy();
  };
  const closed = () => new Promise<void>((resolve) => server.close(() => resolve()));
  return {
    port,
    cut(count) {
      const chosen = [...pairs]
        .map((pair) => ({ pair, order: Math.random() }))
        .sort((a, b) => a.order - b.order)
        .slice(0, count);
      for (const { pair } of chosen) cutPair(pair);
      return chosen.length;
    },
    async restart(ms) {
      const count = pairs.size;
      const isClosed = closed();
      for (const pair of pairs) cutPair(pair);
      await isClosed;
      await new Promise((resolve) => setTimeout(resolve, ms));
      await listen(port);
      return count;
    },
    open: () => pairs.size,
    async close() {
      const isClosed = closed();
      for (const pair of pairs) cutPair(pair);
      await isClosed;
    },
  };
}
