import { readFileSync } from 'node:fs';
import path from 'node:path';
import { app } from 'electron';
import { collectGarbage } from '../agent/memory.ts';
import type { Logger } from '../agent/parts.ts';
import type { Paths } from '../agent/paths.ts';
import { confirmUnlock } from './confirm-unlock.ts';
import { openElectronStore } from './electron-store.ts';
import { environmentFile } from './environment-file.ts';
import { openExternal } from './external-link.ts';
import { type Host, hostAgent } from './host-agent.ts';
import { openKeychain } from './keychain.ts';
import { lastingPrograms } from './lasting-programs.ts';
import { loginEnvironment } from './login-environment.ts';
import { pluginCommand } from './plugin-command.ts';
import type { takeOver } from './take-over.ts';

/** Hosts the agent with what this computer and Electron provide. `out` is the folder of the built parts. */
export function startHost(options: {
  readonly out: string;
  readonly paths: Paths;
  readonly logger: Logger;
  readonly election: ReturnType<typeof takeOver>;
  readonly onQuit: () => void;
}): Host {
  const { out, paths, logger, election, onQuit } = options;
  const appFolder = path.resolve(out, '..');
  return hostAgent({
    paths,
    logger,
    election,
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
  });
}
