import { defineConfig } from 'vitest/config';
import { SummaryReporter } from '../summary-reporter.ts';

// biome-ignore lint/style/noDefaultExport: vitest reads it so.
export default defineConfig({
  test: {
    include: [
      'test/peers/*.peers.ts',
      // They ask the world's API server and a real one the same.
      'test/world-tests/kube-{answers,apply,helm}.test.ts',
      'test/e2e/{kube-apiserver,origin}.test.ts',
    ],
    pool: 'forks',
    testTimeout: 180_000,
    hookTimeout: 180_000,
    globalSetup: 'test/support/global-setup.ts',
    setupFiles: 'test/support/patience.ts',
    maxWorkers: 2,
    reporters: ['default', new SummaryReporter()],
  },
});
