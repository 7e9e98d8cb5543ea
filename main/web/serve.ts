import { existsSync } from 'node:fs';
import { openUrl } from '../agent/open-url.ts';
import type { Environment } from '../agent/parts.ts';
import type { Paths } from '../agent/paths.ts';
import { socketChannel } from '../api/socket/channel.ts';
import type { Connection } from '../api/socket/client.ts';
import { type Confirm, guardedChannel } from '../api/web/guard.ts';
import { startWebServer, type WebServer } from '../api/web/server.ts';
import type { PageFiles } from '../api/web/static-file.ts';

export interface ServedWindow extends WebServer {
  /** Opens it in the user's browser, with an address of its own. Rejects with `not-found` when there is none. */
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
  /** Says which browser is the user's. */
  readonly env: Environment;
  readonly paths: Pick<Paths, 'socket'>;
  /** Asks the user, outside of the page, about what a page alone may not change. Left out: that is refused. */
  readonly confirm?: Confirm | undefined;
}): Promise<ServedWindow> {
  const { connect, env, paths, confirm, ...rest } = options;
  const server = await startWebServer({
    ...rest,
    openChannel: guardedChannel(socketChannel(connect), confirm),
    // One that ends takes its socket away, one that is killed leaves it. Pipes of Windows do not tell.
    hasAgentQuit: () => process.platform !== 'win32' && !existsSync(paths.socket),
  });
  return { ...server, openInBrowser: () => openUrl(server.issueAddress(), env) };
}
