import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import type http from 'node:http';
import https from 'node:https';
import { createInterface } from 'node:readline';
import { parse } from 'yaml';

/** A local TLS proxy of a cluster, as a kubeconfig names it. */
export interface LocalProxy {
  readonly port: number;
  readonly ca: string;
  readonly token: string;
}

/** The local TLS proxy of the first cluster of a kubeconfig. */
export async function localProxyOf(file: string): Promise<LocalProxy> {
  const { clusters, users } = parse(await readFile(file, 'utf8')) as {
    clusters: { cluster: Record<string, string> }[];
    users: { user: { token: string } }[];
  };
  const { server = '', 'certificate-authority-data': ca = '' } = clusters[0]?.cluster ?? {};
  return {
    port: Number(new URL(server).port),
    ca: Buffer.from(ca, 'base64').toString(),
    token: users[0]?.user.token ?? '',
  };
}

/** One connection of HTTP/1.1 to a local TLS proxy, kept between requests. */
export class KeptConnection {
  private readonly agent: https.Agent;
  private readonly proxy: LocalProxy;

  constructor(proxy: LocalProxy) {
    this.proxy = proxy;
    this.agent = new https.Agent({ ca: proxy.ca, keepAlive: true, maxSockets: 1 });
  }

  /** Resolves with the length of the answer in bytes. Rejects unless the answer is 200. */
  async get(path: string): Promise<number> {
    const answer = await this.ask(path);
    let bytes = 0;
    for await (const chunk of answer) bytes += (chunk as Buffer).length;
    return bytes;
  }

  /** Resolves, once the answer has begun, with what ends the watch. */
  async watch(path: string, hear: (line: string) => void): Promise<() => void> {
    const answer = await this.ask(path);
    answer.on('error', () => {});
    createInterface({ input: answer }).on('line', hear);
    return () => void answer.destroy();
  }

  close(): void {
    this.agent.destroy();
  }

  private async ask(path: string): Promise<http.IncomingMessage> {
    const { port, token } = this.proxy;
    const request = https.get({
      host: '127.0.0.1',
      ...{ port, path, agent: this.agent, headers: { authorization: `Bearer ${token}` } },
    });
    const [answer] = (await once(request, 'response')) as [http.IncomingMessage];
    if (answer.statusCode !== 200) throw new Error(`${path}: ${answer.statusCode}`);
    return answer;
  }
}
