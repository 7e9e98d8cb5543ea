import { defineConfig } from 'vitest/config';
import { SummaryReporter } from '../summary-reporter.ts';

const common = {
  pool: 'forks',
  testTimeout: 120_000,
  hookTimeout: 120_000,
  setupFiles: 'test/support/patience.ts',
} as const;
/** A flood takes all that the computer has: what runs beside it would fail for want of time. */
const floods = 'test/attack/*-floods.attack.ts';

// biome-ignore lint/style/noDefaultExport: vitest reads it so.
export default defineConfig({
  test: {
    reporters: ['default', new SummaryReporter()],
    projects: [
      {
        test: {
          ...common,
          name: 'attacks',
          include: ['test/attack/*.attack.ts'],
          exclude: [floods],
          sequence: { groupOrder: 0 },
        },
      },
      { test: { ...common, name: 'floods', include: [floods], sequence: { groupOrder: 1 } } },
    ],
  },
});
