import { openUrl } from '../agent/open-url.ts';
import type { Environment } from '../agent/parts.ts';
import { socketChannel } from '../api/socket/channel.ts';
import type { Connection } from '../api/socket/client.ts';
import { startWebServer, type WebServer } from '../api/web/server.ts';

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
  readonly folder: string;
  /** 0 or left out: any free one. */
  readonly port?: number;
  /** Says which browser is the person's. */
  readonly env: Environment;
}): Promise<ServedWindow> {
  const { connect, env, ...rest } = options;
  const server = await startWebServer({ ...rest, openChannel: socketChannel(connect) });
  return { ...server, openInBrowser: () => openUrl(server.issueAddress(), env) };
}
