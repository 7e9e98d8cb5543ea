import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { openUrl } from '../agent/open-url.ts';
import type { Environment } from '../agent/parts.ts';
import type { Paths } from '../agent/paths.ts';
import { socketChannel } from '../api/socket/channel.ts';
import type { Connection } from '../api/socket/client.ts';
import { leadTo, startWebServer, type WebServer } from '../api/web/server.ts';
import { tokenLifetimeMs } from '../api/web/sessions.ts';
import type { PageFiles } from '../api/web/static-file.ts';

export interface ServedWindow extends WebServer {
  /** Opens it in the person's browser, with an address of its own. Rejects with `not-found` when there is none. */
  openInBrowser(): Promise<void>;
}

/**
 * The window in a browser: a client of the user's agent, whoever hosts it. Each page has a connection of its own, which
 * `connect` makes.
 * Rejects with `port-busy`.
 */
export async function serveWindow(options: {
  readonly connect: () => Promise<Connection>;
  /** Where the built window lies. */
  readonly folder: string | PageFiles;
  /** 0 or left out: any free one. */
  readonly port?: number;
  /** Says which browser is the person's. */
  readonly env: Environment;
  readonly paths: Pick<Paths, 'home' | 'state'>;
}): Promise<ServedWindow> {
  const { connect, env, paths, ...rest } = options;
  const server = await startWebServer({ ...rest, openChannel: socketChannel(connect) });
  const folders = new Set<string>();
  const remove = async (folder: string) => {
    folders.delete(folder);
    await rm(folder, { recursive: true, force: true });
  };
  return {
    ...server,
    async openInBrowser() {
      // Other users see a program's arguments, so the address is handed over in a file. On Linux a browser may be
      // confined to what is not hidden in the person's home.
      const place = process.platform === 'linux' ? paths.home : paths.state;
      const folder = await mkdtemp(path.join(place, 'k8s-tunnels-window-'));
      folders.add(folder);
      setTimeout(() => void remove(folder).catch(() => {}), tokenLifetimeMs).unref();
      const file = path.join(folder, 'open.html');
      await writeFile(file, leadTo(server.issueAddress()), { mode: 0o600 });
      await openUrl(pathToFileURL(file).href, env);
    },
    async close() {
      await server.close();
      await Promise.all([...folders].map(remove));
    },
  };
}
