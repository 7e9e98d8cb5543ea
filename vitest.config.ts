import { defineConfig } from 'vitest/config';
import { RunRecorder } from './test/run-record.ts';
import { SummaryReporter } from './test/summary-reporter.ts';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    pool: 'forks',
    testTimeout: 30_000,
    hookTimeout: 30_000,
    reporters: ['default', new SummaryReporter(), new RunRecorder()],
  },
});
