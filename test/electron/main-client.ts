import 'core-js/stable';
import path from 'node:path';
import { silentLogger } from '../../main/agent/parts.ts';
import { pathsFrom } from '../../main/agent/paths.ts';
import { socketChannel } from '../../main/api/socket/channel.ts';
import { openConnection } from '../../main/api/socket/client.ts';
import { runDesktop } from '../../main/desktop/desktop.ts';

/** The desktop's main process for an Electron whose Node is too old for the agent: a client of one that runs beside it. */
const { socket, state } = pathsFrom(process.env);
runDesktop({
  out: path.resolve(__dirname, '..'),
  resources: process.env.K8S_TUNNELS_RESOURCES ?? '',
  state,
  logger: silentLogger,
  host: () => ({
    openChannel: socketChannel(async () => {
      const connection = await openConnection({ path: socket, state });
      if (connection === undefined) throw new Error('no agent runs');
      return connection;
    }),
    close: () => Promise.resolve(),
  }),
});
