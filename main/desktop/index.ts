import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { limitYoungGeneration } from '../agent/memory.ts';
import { systemClock } from '../agent/parts.ts';
import { pathsFrom } from '../agent/paths.ts';
import { openAgentLog } from '../cli/agent-log.ts';
import { runDesktop } from './desktop.ts';
import { exitSoon } from './exit-soon.ts';
import { laterHost } from './later-host.ts';
import { takeOver } from './take-over.ts';

/** The desktop app's main process, which hosts the agent. */

const out = path.resolve(import.meta.dirname, '..');
const paths = pathsFrom(process.env);
limitYoungGeneration();
mkdirSync(paths.state, { recursive: true, mode: 0o700 });
const logger = openAgentLog(paths.state, process.env);

process.on('uncaughtException', (error) => {
  logger.error('The app ends: an error that nothing caught', { reason: error.stack ?? error.message });
  exitSoon(1);
});

runDesktop({
  out,
  resources: path.resolve(out, '..', 'resources'),
  state: paths.state,
  logger,
  host({ pageReady, onQuit }) {
    // At once: a command must not start an agent beside this app, which would have no keychain.
    const election = takeOver({ paths, clock: systemClock, logger });
    election.catch(() => {});
    return laterHost({
      when: pageReady,
      async load() {
        const { startHost } = await import('./start-host.ts');
        return startHost({ out, paths, logger, election, onQuit });
      },
      abandon: () => election.then(({ resign }) => resign()).catch(() => {}),
    });
  },
});
