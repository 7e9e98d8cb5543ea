import { z } from 'zod';

/** What a read-only kubeconfig allows beyond reading. Without either: no data of Secrets, and no change at all. */
export const readOnlySchema = z.object({
  /** The data of Secrets is readable. */
  secrets: z.literal(true).optional(),
  /** Changes are passed on that the API server only tries (`dryRun=All`). */
  dryRun: z.literal(true).optional(),
});
export type ReadOnly = z.infer<typeof readOnlySchema>;
