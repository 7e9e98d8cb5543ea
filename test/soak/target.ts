import { readFile } from 'node:fs/promises';
import http from 'node:http';
import net from 'node:net';
import tls from 'node:tls';
import { parse } from 'yaml';

/** A cluster as its kubeconfig entry leads to it. */
export interface Target {
  readonly name: string;
  readonly server: URL;
  /** The gateway with its password, or `tcp://host:port` where a connection leads to the server by itself. */
  readonly proxy: URL;
  readonly authority: string;
}

interface KubeconfigCluster {
  readonly name: string;
  readonly cluster: {
    readonly server: string;
    readonly 'proxy-url': string;
    readonly 'certificate-authority-data': string;
  };
}

export async function readTargets(kubeconfig: string): Promise<readonly Target[]> {
  const { clusters } = parse(await readFile(kubeconfig, 'utf8')) as {
    clusters: readonly KubeconfigCluster[];
  };
  return clusters.map(({ name, cluster }) => ({
    name,
    server: new URL(cluster.server),
    proxy: new URL(cluster['proxy-url']),
    authority: Buffer.from(cluster['certificate-authority-data'], 'base64').toString(),
  }));
}

export interface Asked {
  readonly path: string;
  /** Sends the body of a POST. */
  readonly send?: (request: http.ClientRequest) => void;
  readonly onChunk: (chunk: Buffer, response: http.IncomingMessage) => void;
  /** Ends it; the promise then rejects with the signal's reason. */
  readonly signal?: AbortSignal;
  /** After so long without a byte it gives up, as kubectl does by its pings; never where undefined. */
  readonly patienceMs?: number | undefined;
}

/** One request on a connection of its own, through the tunnel. Rejects where the answer does not come whole. */
export async function ask(target: Target, asked: Asked): Promise<void> {
  const { signal, patienceMs } = asked;
  signal?.throwIfAborted();
  const raw = net.connect({ host: '127.0.0.1', port: Number(target.proxy.port), noDelay: true });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let secure: tls.TLSSocket | undefined;
  const close = () => {
    // First: Node's HTTP client asserts that no byte comes once it has let go of a connection.
    secure?.destroy();
    raw.destroy();
  };
  const fail = (error: Error) => {
    reject(error);
    close();
  };
  const abort = () => fail(signal?.reason as Error);
  signal?.addEventListener('abort', abort, { once: true });
  if (patienceMs !== undefined)
    raw.setTimeout(patienceMs, () => fail(new Error(`nothing for ${patienceMs} ms`)));
  const closed = () => fail(new Error('closed'));
  raw.on('error', fail).once('close', closed);
  try {
    if (target.proxy.protocol !== 'tcp:') await Promise.race([connectThrough(raw, target), promise]);
    const stream = tls.connect({
      socket: raw,
      servername: target.server.hostname,
      ca: target.authority,
    });
    secure = stream;
    stream.on('error', fail);
    if (patienceMs !== undefined) {
      raw.setTimeout(0);
      stream.setTimeout(patienceMs, () => fail(new Error(`nothing for ${patienceMs} ms`)));
    }
    const request = http.request({
      createConnection: () => stream,
      method: asked.send === undefined ? 'GET' : 'POST',
      path: asked.path,
      headers: { host: target.server.host, connection: 'close' },
    });
    request.on('error', fail).once('response', (response) => {
      // A slow reader still has bytes to take when the connection has closed behind them.
      raw.off('close', closed);
      response.on('data', (chunk: Buffer) => asked.onChunk(chunk, response));
      response.on('error', fail).once('end', () => {
        if (response.statusCode === 200) resolve();
        else fail(new Error(`HTTP ${response.statusCode}`));
      });
      response.once('close', closed);
    });
    if (asked.send === undefined) request.end();
    else asked.send(request);
    await promise;
  } finally {
    signal?.removeEventListener('abort', abort);
    close();
  }
}

/** HTTP CONNECT to the gateway, with the entry's password. */
async function connectThrough(raw: net.Socket, { server, proxy }: Target): Promise<void> {
  const login = Buffer.from(`${proxy.username}:${decodeURIComponent(proxy.password)}`).toString('base64');
  raw.write(
    `CONNECT ${server.host} HTTP/1.1\r\nHost: ${server.host}\r\nProxy-Authorization: Basic ${login}\r\n\r\n`,
  );
  let head = '';
  await new Promise<void>((resolve, reject) => {
    const read = (chunk: Buffer) => {
      head += chunk.toString('latin1');
      if (!head.includes('\r\n\r\n')) return;
      raw.off('data', read);
      raw.pause();
      const status = head.slice(9, 12);
      if (status === '200') resolve();
      else reject(new Error(`the tunnel answered ${status}`));
    };
    raw.on('data', read);
  });
}
