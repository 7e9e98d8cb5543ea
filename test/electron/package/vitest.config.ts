import { defineConfig } from 'vitest/config';
import { SummaryReporter } from '../../summary-reporter.ts';

// biome-ignore lint/style/noDefaultExport: vitest reads it so.
export default defineConfig({
  test: {
    include: ['test/electron/package/*.package.ts'],
    pool: 'forks',
    testTimeout: 240_000,
    hookTimeout: 240_000,
    setupFiles: 'test/support/patience.ts',
    // They install one package on one system.
    fileParallelism: false,
    // Each begins where the one before it ended.
    bail: 1,
    reporters: ['default', new SummaryReporter()],
  },
});
