import type net from 'node:net';

export interface Listener {
  readonly port: number;
  /** Stops listening and cuts what is open. Safe to call twice. */
  close(): Promise<void>;
}

/** Puts a server of any protocol on a free port of 127.0.0.1 and keeps track of its sockets, upgraded ones too. */
export async function listen(server: net.Server): Promise<Listener> {
  const sockets = new Set<net.Socket>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return {
    port: address.port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}
