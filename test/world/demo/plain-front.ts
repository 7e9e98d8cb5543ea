import { readFile, writeFile } from 'node:fs/promises';
import http from 'node:http';
import https from 'node:https';
import path from 'node:path';
import { buffer, text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { listen } from '../access/listener.ts';
import type { World } from '../world.ts';

/** The world's https pages on plain http and one port, for a browser that trusts no authority of the world. */
export interface PlainFront {
  /** The program for `BROWSER`: hands the address that it is given to `open`, in this process. */
  readonly command: string;
  /** `https://HOST/PATH` of the world as `http://127.0.0.1:PORT/HOST/PATH`; any other address as it is. */
  map(address: string): string;
  close(): Promise<void>;
}

export async function startPlainFront(options: {
  readonly world: World;
  /** Takes the mapped address of every page that was to be opened. */
  readonly open: (address: string) => void;
}): Promise<PlainFront> {
  const { world, open } = options;
  const ca = await readFile(world.env.NODE_EXTRA_CA_CERTS ?? '');
  const hosts = new Set(world.access.hosts);
  const map = (address: string): string => {
    const { protocol, hostname, pathname, search } = new URL(address);
    return protocol === 'https:' && hosts.has(hostname)
      ? `http://127.0.0.1:${port}/${hostname}${pathname}${search}`
      : address;
  };

  const pass = async (host: string, target: string, request: http.IncomingMessage, body: Buffer) => {
    const answer = await new Promise<http.IncomingMessage>((resolve, reject) => {
      const headers = { ...request.headers, host, connection: 'close' };
      const to = { host: '127.0.0.1', port: world.access.port, servername: host, path: target };
      https
        .request({ ...to, ca, method: request.method, headers }, resolve)
        .on('error', reject)
        .end(body);
    });
    const { location, 'set-cookie': cookies = [], 'content-type': type = 'text/plain' } = answer.headers;
    const page = await text(answer);
    return {
      status: answer.statusCode ?? 502,
      headers: {
        'content-type': type,
        ...(location === undefined ? {} : { location: map(new URL(location, `https://${host}`).href) }),
        // A host's cookies stay its own: its path is here what its name was there.
        'set-cookie': cookies.map((line) =>
          line.replace('; Path=/', `; Path=/${host}/`).replace('; Secure', ''),
        ),
      },
      page: page.replaceAll(/\b(action|href)="\/(?!\/)/g, `$1="/${host}/`),
    };
  };

  const server = http.createServer(async (request, response) => {
    try {
      const [, host = '', target = ''] = /^\/([^/?]*)(.*)$/s.exec(request.url ?? '') ?? [];
      const body = await buffer(request);
      if (hosts.has(host)) {
        const { status, headers, page } = await pass(host, target || '/', request, body);
        response.writeHead(status, headers).end(page);
        return;
      }
      // A page of any origin would name it.
      const isOpener = request.method === 'POST' && request.headers.origin === undefined;
      if (isOpener) open(map(body.toString()));
      response.writeHead(isOpener ? 204 : 404).end();
    } catch {
      response.writeHead(502).end();
    }
  });
  const { port, close } = await listen(server);

  const command = path.join(path.dirname(world.home), 'open-in-own-browser');
  const program = fileURLToPath(new URL('opener.ts', import.meta.url));
  await writeFile(command, `#!/bin/sh\nexec '${process.execPath}' '${program}' ${port} "$1"\n`, {
    mode: 0o700,
  });
  return { command, map, close };
}
