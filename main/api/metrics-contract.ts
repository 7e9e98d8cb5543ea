import { z } from 'zod';

const text = { input: z.object({}), output: z.object({ text: z.string() }) } as const;

/** The operations that return what the agent counts since it started, as OpenMetrics text. */
export const metricsOperations = {
  /** The requests through local TLS proxies. */
  'audit-metrics': text,
  /** Everything that the agent measures. */
  metrics: text,
} as const;
