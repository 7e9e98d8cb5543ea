import { z } from 'zod';
import { clusterIdSchema } from './cluster.ts';

export const confirmationIdSchema = z.string().regex(/^[0-9a-f]{16}$/, 'must be the id of a confirmation');

/** An AI client that waits until the user allows it to read a production cluster. */
export const confirmationSchema = z.object({
  id: confirmationIdSchema,
  cluster: clusterIdSchema,
  /** The client's name, as it gives it. */
  client: z.string(),
  /** The process that reads for it. */
  pid: z.number(),
  /** ms since the epoch. */
  since: z.number(),
});
export type Confirmation = z.infer<typeof confirmationSchema>;
