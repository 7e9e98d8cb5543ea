import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';

/** Files over HTTP on loopback, as a bucket or a page of releases serves them. */
export interface ServedFolder {
  readonly url: string;
  close(): void;
}

/** Serves the files of a folder, and none below it. */
export async function serveFolder(folder: string): Promise<ServedFolder> {
  const server = createServer((request, response) => {
    const name = path.basename(decodeURIComponent(new URL(request.url ?? '', 'http://any').pathname));
    const file = createReadStream(path.join(folder, name));
    file.once('open', () => response.writeHead(200));
    pipeline(file, response).catch(() => {
      if (!response.headersSent) response.writeHead(404);
      response.end();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}
