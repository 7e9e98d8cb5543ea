import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

export interface PeerServer {
  readonly url: string;
  close(): Promise<void>;
}

/** Starts a server on a free port, and resolves when it answers on `ready`. Rejects with its last words where it ends. */
export async function startServer(options: {
  readonly command: (port: number) => readonly string[];
  /** A free one where left out. */
  readonly port?: number;
  /** A path that answers as soon as the server is up. */
  readonly ready: string;
  readonly env?: Readonly<Record<string, string>>;
}): Promise<PeerServer> {
  const port = options.port ?? (await freePort());
  const [program = '', ...args] = options.command(port);
  const env = { PATH: process.env.PATH, ...options.env };
  const child = spawn(program, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  const keep = (chunk: Buffer) => {
    said = (said + chunk.toString()).slice(-4000);
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  const failed = once(child, 'error').then(([error]) => Promise.reject(error));
  failed.catch(() => {});
  const ended = once(child, 'close');
  const url = `http://127.0.0.1:${port}`;
  const isUp = async () => {
    for (;;) {
      if (child.exitCode !== null) throw new Error(`${program} ended: ${said}`);
      const answer = await fetch(url + options.ready).catch(() => undefined);
      if (answer !== undefined) return;
      await pause(100);
    }
  };
  await Promise.race([isUp(), failed]);
  return {
    url,
    async close() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
