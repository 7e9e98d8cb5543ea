import { defineConfig } from 'vitest/config';
import { SummaryReporter } from '../summary-reporter.ts';

// biome-ignore lint/style/noDefaultExport: vitest reads it so.
export default defineConfig({
  test: {
    include: ['test/electron/*.electron.ts'],
    pool: 'forks',
    testTimeout: 180_000,
    hookTimeout: 180_000,
    globalSetup: 'test/support/global-setup.ts',
    setupFiles: 'test/support/patience.ts',
    // They share the session: it has one tray.
    fileParallelism: false,
    reporters: ['default', new SummaryReporter()],
  },
});
