import { mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { app } from 'electron';
import { collectGarbage, limitYoungGeneration } from '../agent/memory.ts';
import { pathsFrom } from '../agent/paths.ts';
import { openAgentLog } from '../cli/agent-log.ts';
import { confirmUnlock } from './confirm-unlock.ts';
import { runDesktop } from './desktop.ts';
import { openElectronStore } from './electron-store.ts';
import { environmentFile } from './environment-file.ts';
import { openExternal } from './external-link.ts';
import { hostAgent } from './host-agent.ts';
import { openKeychain } from './keychain.ts';
import { lastingPrograms } from './lasting-programs.ts';
import { loginEnvironment } from './login-environment.ts';
import { pluginCommand } from './plugin-command.ts';

/** The desktop app's main process, which hosts the agent. */

const out = path.resolve(import.meta.dirname, '..');
const appFolder = path.resolve(out, '..');
const paths = pathsFrom(process.env);
limitYoungGeneration();
mkdirSync(paths.state, { recursive: true, mode: 0o700 });
const logger = openAgentLog(paths.state, process.env);

process.on('uncaughtException', (error) => {
  logger.error('The app ends: an error that nothing caught', { reason: error.stack ?? error.message });
  app.exit(1);
});

runDesktop({
  out,
  resources: path.join(appFolder, 'resources'),
  state: paths.state,
  logger,
  host: (onQuit) =>
    hostAgent({
      paths,
      logger,
      confirmUnlock,
      onQuit,
      async parts() {
        const login = await loginEnvironment(process.env, { logger });
        const own = await environmentFile({ env: login.env, config: paths.config, home: paths.home });
        const env = { ...login.env, ...own.variables };
        // The AWS SDK reads the process's own.
        Object.assign(process.env, env);
        const programs = app.isPackaged
          ? await lastingPrograms({
              programs: path.join(process.resourcesPath, 'bin'),
              state: paths.state,
              env: process.env,
            })
          : undefined;
        return {
          env,
          // In a terminal, the environment may be that of one shell.
          ...(process.env.TERM === undefined ? { isEnvironmentOfEveryShell: true as const } : {}),
          warnings: [login.warning ?? [], own.warning ?? []].flat(),
          plugin: pluginCommand({ programs, appFolder, env }),
          resources: programs,
          // A worker thread cannot read files inside the app's asar archive.
          planWorker: { source: () => readFileSync(path.join(out, 'plan', 'plan-worker.cjs'), 'utf8') },
          sealer: await openKeychain({ folder: paths.state, logger }),
          openStore: () => openElectronStore(paths.config),
          openUrl: (url) => openExternal(url, env),
          collectGarbage,
        };
      },
    }),
});
