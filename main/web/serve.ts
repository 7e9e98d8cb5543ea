import { socketChannel } from '../api/socket/channel.ts';
import type { Connection } from '../api/socket/client.ts';
import { startWebServer, type WebServer } from '../api/web/server.ts';

/**
 * The window in a browser: a client of the user's agent, whoever hosts it. Each page has a connection of its own, which
 * `connect` makes.
 * Rejects with `port-busy`.
 */
export function serveWindow(options: {
  readonly connect: () => Promise<Connection>;
  /** Where the built window lies. */
  readonly folder: string;
  /** 0 or left out: any free one. */
  readonly port?: number;
}): Promise<WebServer> {
  const { connect, ...rest } = options;
  return startWebServer({ ...rest, openChannel: socketChannel(connect) });
}
