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
  /** Opens the window in the user's browser, with a new address. Rejects with `not-found` without a browser. */
  openInBrowser(): Promise<void>;
}

/**
 * Serves the window to a browser, as a client of the user's agent. Opens a separate connection for each page with
 * `connect`. Rejects with `port-busy`.
 */
export async function serveWindow(options: {
  readonly connect: () => Promise<Connection>;
  /** The built window. */
  readonly folder: string | PageFiles;
  /** 0 or undefined: any free port. */
  readonly port?: number;
  /** Selects the user's browser. */
  readonly env: Environment;
  readonly paths: Pick<Paths, 'socket'>;
  /** Asks the user, outside of the page, to confirm changes that a page must not make alone. Undefined: denies them. */
  readonly confirm?: Confirm | undefined;
}): Promise<ServedWindow> {
  const { connect, env, paths, confirm, ...rest } = options;
  const server = await startWebServer({
    ...rest,
    openChannel: guardedChannel(socketChannel(connect), confirm),
    // An agent that quits removes its socket, a killed one leaves it. Windows' pipes do not show the difference.
    hasAgentQuit: () => process.platform !== 'win32' && !existsSync(paths.socket),
  });
  return { ...server, openInBrowser: () => openUrl(server.issueAddress(), env) };
}
