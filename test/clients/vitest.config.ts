import { defineConfig } from 'vitest/config';
import { SummaryReporter } from '../summary-reporter.ts';

// biome-ignore lint/style/noDefaultExport: vitest reads it so.
export default defineConfig({
  test: {
    include: ['test/clients/*.clients.ts'],
    pool: 'forks',
    // A client that does nothing right waits for each of its operations.
    testTimeout: 200_000,
    // They wait for programs, most of which wait themselves.
    maxConcurrency: 4,
    reporters: ['verbose', new SummaryReporter()],
  },
});
