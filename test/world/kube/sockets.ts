import type { Http2SecureServer } from 'node:http2';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';

interface Connection {
  readonly raw: Socket;
  tls?: TLSSocket;
}

/** The connections of a server, so that they can be reset below TLS, as a lost route or a crash would. */
export class Sockets {
  /** By the client's port. */
  readonly #open = new Map<number, Connection>();

  constructor(server: Http2SecureServer) {
    server.on('connection', (raw: Socket) => {
      const port = raw.remotePort ?? 0;
      this.#open.set(port, { raw });
      raw.on('close', () => this.#open.delete(port));
      // A reset by the other side is no fault of this server.
      raw.on('error', () => raw.destroy());
    });
    server.on('secureConnection', (tls: TLSSocket) => {
      const connection = this.#open.get(tls.remotePort ?? 0);
      if (connection) connection.tls = tls;
    });
  }

  tls(port: number | undefined): TLSSocket | undefined {
    return this.#open.get(port ?? 0)?.tls;
  }

  reset(port: number | undefined): void {
    const connection = this.#open.get(port ?? 0);
    connection?.raw.resetAndDestroy();
    connection?.tls?.destroy();
  }

  /** As the system does for a process that ends. */
  closeAll(): void {
    for (const { raw, tls } of [...this.#open.values()]) {
      raw.destroy();
      tls?.destroy();
    }
  }

  resetAll(): void {
    for (const port of [...this.#open.keys()]) this.reset(port);
  }
}
