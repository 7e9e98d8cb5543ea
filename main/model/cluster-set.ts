import { z } from 'zod';
import { clusterIdSchema } from './cluster.ts';

/** What can be seen, on one line; without what turns the writing's direction. */
export const setNameSchema = z
  .string()
  .trim()
  .min(1)
  .max(60)
  .regex(/^[^\p{C}\p{Zl}\p{Zp}]*$/u, 'holds characters that cannot be seen');

/** Clusters that a person opens together, by identity. */
export const clusterSetSchema = z.object({
  name: setNameSchema,
  clusters: z.array(clusterIdSchema).min(1).max(50),
});
export type ClusterSet = z.infer<typeof clusterSetSchema>;
