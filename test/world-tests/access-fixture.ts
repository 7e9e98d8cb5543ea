import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { IncomingHttpHeaders } from 'node:http';
import https from 'node:https';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { type Access, startAccess } from '../world/access/edge.ts';
import { listen } from '../world/access/listener.ts';
import { type ConnectProxy, startProxy } from '../world/access/proxy.ts';
import type { Dial } from '../world/access/web-origin.ts';
import { createAuthority } from '../world/authority.ts';
import { startSocksServer } from '../world/origins/socks-server.ts';
import { connectTcp } from '../world/origins/tcp.ts';
import { type Browser, installBrowser } from '../world/person/wrapper.ts';
import { defaultPlan, type Plan } from '../world/plan.ts';
import { Traffic } from '../world/traffic.ts';

export const tcpHost = 'depot-berlin.k8s.acme.example';
export const otherTcpHost = 'depot-lyon.k8s.acme.example';
export const socksHost = 'tools.k8s.acme.example';
export const downHost = 'tools-next.k8s.acme.example';
export const deniedHost = 'lake-prod.k8s.acme.example';
/** Ada is not in its group. */
export const groupHost = 'people-prod.k8s.acme.example';
/** Ada's device fails what it requires. */
export const postureHost = 'vault-prod.k8s.acme.example';
/** In the zone, but no application. */
export const absentHost = 'gone.k8s.acme.example';
export const kubeTarget = 'api.tools.internal:443';

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface Fixture {
  readonly access: Access;
  readonly proxy: ConnectProxy;
  readonly traffic: Traffic;
  readonly browser: Browser;
  readonly home: string;
  readonly certificate: string;
  readonly authorityFile: string;
  /** Of the tcp origin, on 127.0.0.1. */
  readonly originPort: number;
  /** Destinations that Cf-Access-Jump-Destination named. */
  readonly destinations: (string | undefined)[];
  /** Bytes that the tcp origin has made so far on the order of clients. */
  produced(): number;
  /** Through the proxy; redirects are not followed. */
  request(url: string, options?: { method?: string; headers?: Record<string, string> }): Promise<Answer>;
  close(): Promise<void>;
}

/**
 * The origin behind tcp applications. The client's first byte says what to do: `e` sends everything back, `d`
 * answers with 8 bytes of length's worth of data, `u` takes that many bytes and answers with their SHA-256.
 */
function originServer(produced: (bytes: number) => void): net.Server {
  return net.createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => {});
    socket.once('data', (first) => {
      const rest = first.subarray(1);
      if (first[0] === 0x65) {
        socket.write(rest);
        socket.pipe(socket);
      } else if (first[0] === 0x64) {
        const bytes = payload(Number(rest.readBigUInt64BE()));
        const chunks = function* () {
          for (let at = 0; at < bytes.length; at += 65_536) {
            const chunk = bytes.subarray(at, at + 65_536);
            produced(chunk.length);
            yield chunk;
          }
        };
        pipeline(Readable.from(chunks()), socket).then(
          () => socket.destroySoon(),
          () => {},
        );
      } else {
        let left = Number(rest.readBigUInt64BE());
        const hash = createHash('sha256');
        const take = (chunk: Buffer) => {
          hash.update(chunk);
          left -= chunk.length;
          if (left === 0) socket.end(hash.digest());
        };
        take(rest.subarray(8));
        socket.on('data', take);
      }
    });
  });
}

/** Bytes that tell a shift, a loss and a repetition apart. */
export function payload(size: number): Buffer {
  const block = Buffer.alloc(1 << 20);
  for (let i = 0; i < block.length; i += 4) block.writeUInt32LE(Math.imul(i + 1, 0x9e3779b1) >>> 0, i);
  const bytes = Buffer.alloc(size);
  for (let i = 0; i < size; i += block.length) {
    block.writeUInt32LE(i, 0);
    block.copy(bytes, i);
  }
  return bytes;
}

export function order(letter: 'd' | 'u', size: number): Buffer {
  const bytes = Buffer.alloc(9);
  bytes.write(letter);
  bytes.writeBigUInt64BE(BigInt(size), 1);
  return bytes;
}

export async function startFixture(
  options: {
    readonly plan?: Partial<Plan>;
    readonly pingMs?: number;
    readonly silentMs?: number;
    readonly transferHoldMs?: number;
    readonly login?: { readonly user: string; readonly password: string };
    /** The port of the origin behind applications of the web, in place of the fixture's. */
    readonly webOrigin?: () => number;
  } = {},
): Promise<Fixture> {
  const { plan: change, login, webOrigin, ...times } = options;
  const plan = { ...defaultPlan, ...change };
  const traffic = new Traffic();
  const authority = await createAuthority('World Root');
  let produced = 0;
  const origin = await listen(
    originServer((bytes) => {
      produced += bytes;
    }),
  );
  const names = new Map([
    [kubeTarget, origin.port],
    ['10.0.0.1:443', origin.port],
    ['[fd00::1]:443', origin.port],
    ['closed.internal:443', 1],
  ]);
  const socks = await startSocksServer({ traffic, names });
  const destinations: (string | undefined)[] = [];
  const dial: Dial = (application, destination) => {
    destinations.push(destination);
    return connectTcp(
      { socks: socks.port, tcp: origin.port, https: webOrigin?.() ?? origin.port, down: 1 }[
        application.origin
      ],
    );
  };
  const access = await startAccess({ plan, traffic, authority, dial, ...times });
  const proxy = await startProxy({
    traffic,
    edgePort: access.port,
    hosts: [...access.hosts, absentHost],
    ...(login === undefined ? {} : { login }),
  });
  const home = await mkdtemp(path.join(os.tmpdir(), 'world-access-'));
  const authorityFile = path.join(home, 'authority.pem');
  await writeFile(authorityFile, authority.certificate);
  const [person] = plan.people;
  if (person === undefined) throw new Error('the plan has no person');
  const browser = await installBrowser({
    folder: path.join(home, 'browser'),
    person,
    proxy: proxy.url,
    authorityFile,
  });
  const agent = new https.Agent({ ca: authority.certificate, proxyEnv: { HTTPS_PROXY: proxy.url } });

  return {
    access,
    proxy,
    traffic,
    browser,
    home,
    certificate: authority.certificate,
    authorityFile,
    originPort: origin.port,
    destinations,
    produced: () => produced,
    request: (url, { method = 'GET', headers = {} } = {}) =>
      new Promise((resolve, reject) => {
        const client = https.request(url, { method, headers, agent }, (response) => {
          buffer(response).then(
            (body) =>
              resolve({
                status: response.statusCode ?? 0,
                headers: response.headers,
                body: body.toString(),
              }),
            reject,
          );
        });
        client.once('error', reject);
        client.end();
      }),
    async close() {
      agent.destroy();
      await Promise.all([proxy.close(), access.close(), socks.close(), origin.close()]);
      await rm(home, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}
