import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { LongestFirst } from './test/longest-first.ts';
import { RunRecorder } from './test/run-record.ts';
import { SummaryReporter } from './test/summary-reporter.ts';

/** Files whose tests need a process of their own: it costs half a second of CPU a file. */
const alone = [
  // They start programs, browsers and worlds: what one leaves behind must not meet the next.
  'test/{cli,desktop,e2e,packaging,patterns,screens,worker,world-tests}/**/*.test.ts',
  // They count the sockets, servers and timers of their process, or the memory it takes.
  'test/agent/tunnels/**/*.test.ts',
  'test/agent/memory.test.ts',
  // It replaces a module of Node.
  'test/agent/idle.test.ts',
  // They replace the authorities that the process trusts.
  'test/agent/{network,providers/gcp}/**/*.test.ts',
];

const common = {
  pool: 'forks',
  // On a busy computer. Who waits for what never comes gives up before that: `patience.ts`.
  testTimeout: 120_000,
  hookTimeout: 120_000,
  globalSetup: 'test/support/global-setup.ts',
  setupFiles: 'test/support/patience.ts',
} as const;

export default defineConfig({
  test: {
    // Most files wait half of the time, for programs and sockets: one more than there are cores keeps these busy.
    maxWorkers: availableParallelism() + 1,
    sequence: { sequencer: LongestFirst },
    reporters: ['default', new SummaryReporter(), new RunRecorder()],
    projects: [
      { test: { ...common, name: 'alone', include: alone } },
      { test: { ...common, name: 'shared', include: ['test/**/*.test.ts'], exclude: alone, isolate: false } },
    ],
  },
});
