import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { appendFileSync, readFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import type net from 'node:net';
import { buffer, text } from 'node:stream/consumers';
import type { Person } from '../plan.ts';
import { type Send, visit } from './browser.ts';
import { openCookieJar } from './cookie-jar.ts';
import { ledTo } from './led-to.ts';

/** A browser of one user: who sits in front of it, how it reaches the world, and its files. */
export interface Profile {
  readonly person: Person;
  /** URL of the proxy. */
  readonly proxy: string;
  /** File of the world's authority, PEM. */
  readonly authorityFile: string;
  /** File of the cookies. */
  readonly jar: string;
  /** File that lists host and path of every URL opened. */
  readonly log: string;
}

const profiles = new Map<string, Profile>();
let started: Promise<number> | undefined;

/**
 * Resolves with an address of this process that opens pages in the profile: POST it the URL, after a line that is
 * `absent` where nobody looks at the tab. Answers 200 with the place where the visit ended, or 500 with the reason. A
 * browser that starts as a program of its own takes a quarter of a second of CPU for each tab, and a run of all tests
 * opens hundreds.
 */
export async function residentBrowser(profile: Profile): Promise<string> {
  started ??= startServer();
  const id = randomUUID();
  profiles.set(id, profile);
  return `http://127.0.0.1:${await started}/${id}`;
}

async function startServer(): Promise<number> {
  const server = http.createServer(async (request, response) => {
    const [code, said] = await open(profiles.get(request.url?.slice(1) ?? ''), await text(request)).then(
      (end) => [200, end] as const,
      (error: unknown) => [500, error instanceof Error ? error.message : String(error)] as const,
    );
    response.writeHead(code, { connection: 'close' }).end(`${said}\n`);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  // It lasts as long as the process, and does not keep it.
  server.unref();
  return (server.address() as net.AddressInfo).port;
}

async function open(profile: Profile | undefined, asked: string): Promise<string> {
  if (profile === undefined) throw new Error('no such browser');
  const [presence, given = ''] = asked.split('\n');
  const address = ledTo(given);
  const { host, pathname } = new URL(address);
  appendFileSync(profile.log, `${host}${pathname}\n`);
  if (presence === 'absent') return 'nobody looks';
  const { send, end } = senderOf(profile);
  try {
    return `signed in at ${await visit(address, profile.person, openCookieJar(profile.jar), send)}`;
  } finally {
    end();
  }
}

/** Sends what `fetch` would, over the profile's proxy: `fetch` has one proxy for the whole process. */
function senderOf({ proxy, authorityFile }: Profile): { readonly send: Send; end(): void } {
  const agents = {
    http: new http.Agent({ keepAlive: true }),
    https: new https.Agent({
      keepAlive: true,
      ca: readFileSync(authorityFile),
      proxyEnv: { HTTPS_PROXY: proxy },
    }),
  };
  return {
    async send(url, { method = 'GET', headers, body }) {
      const isSecure = url.protocol === 'https:';
      const request = (isSecure ? https : http).request(url, {
        method,
        headers: {
          ...headers,
          ...(body === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded' }),
        },
        agent: isSecure ? agents.https : agents.http,
      });
      request.end(body?.toString());
      const [answer] = (await once(request, 'response')) as [http.IncomingMessage];
      const kept = Object.entries(answer.headersDistinct).flatMap(([name, values = []]) =>
        values.map((value) => [name, value] as [string, string]),
      );
      const content = await buffer(answer);
      return new Response(content.length === 0 ? null : content, {
        status: answer.statusCode ?? 500,
        headers: kept,
      });
    },
    end() {
      agents.http.destroy();
      agents.https.destroy();
    },
  };
}
