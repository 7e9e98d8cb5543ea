import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { LongestFirst } from './test/longest-first.ts';
import { RunRecorder } from './test/run-record.ts';
import { SummaryReporter } from './test/summary-reporter.ts';

/** Files whose tests need a process of their own: it costs more than half a second of CPU a file. */
const alone = [
  // They count the sockets, servers and timers of their process, or the memory it takes.
  'test/agent/tunnels/{gateway,ill-*,tunnels}.test.ts',
  'test/agent/memory.test.ts',
  // They replace a module of Node, what a regular expression is, or what other programs are started with.
  'test/agent/idle.test.ts',
  'test/{packaging,patterns}/**/*.test.ts',
  // They replace the authorities that the process trusts.
  'test/agent/{network,providers/gcp}/**/*.test.ts',
];

/** They start programs, browsers and worlds: what one leaves behind must not meet the next. */
const programs = [
  'test/{cli,desktop,e2e,screens,worker,world-tests}/**/*.test.ts',
  'test/agent/tunnels/**/*.test.ts',
];

const common = {
  pool: 'forks',
  // On a busy computer. Who waits for what never comes gives up before that: `patience.ts`.
  testTimeout: 120_000,
  hookTimeout: 120_000,
  globalSetup: 'test/support/global-setup.ts',
  setupFiles: 'test/support/patience.ts',
} as const;

/**
 * Files that are loaded by Node itself, which runs TypeScript: its cache of compiled code spares each process what vite would
 * transform and hand over again. `vi.mock` works in none of them.
 */
const native = { experimental: { viteModuleRunner: false, nodeLoader: false } } as const;

export default defineConfig({
  test: {
    // Most files wait half of the time, for programs and sockets: one more than there are cores keeps these busy.
    maxWorkers: availableParallelism() + 1,
    sequence: { sequencer: LongestFirst },
    reporters: ['default', new SummaryReporter(), new RunRecorder()],
    projects: [
      { test: { ...common, name: 'alone', include: alone } },
      { test: { ...common, ...native, name: 'programs', include: programs, exclude: alone } },
      {
        test: {
          ...common,
          ...native,
          name: 'shared',
          isolate: false,
          include: ['test/**/*.test.ts'],
          exclude: [...alone, ...programs],
        },
      },
    ],
  },
});
