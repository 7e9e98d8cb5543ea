import net from 'node:net';

/** Connects to a port of 127.0.0.1. Rejects with the system's error, for example `ECONNREFUSED`. */
export function connectTcp(port: number): Promise<net.Socket> {
  return new Promise((resolve, reject) => {
    // Its owner decides when each side ends: what SOCKS does with a half-closed connection is its own matter.
    const socket = net.connect({ port, host: '127.0.0.1', noDelay: true, allowHalfOpen: true });
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.off('error', reject);
      resolve(socket);
    });
  });
}
