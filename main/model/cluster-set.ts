import { z } from 'zod';
import { clusterIdSchema } from './cluster.ts';
import { longestSetName, mostInSet } from './set-limits.ts';

/** Allows one line of visible characters, without bidirectional controls. */
export const setNameSchema = z
  .string()
  .trim()
  .min(1)
  .max(longestSetName)
  .regex(/^[^\p{C}\p{Zl}\p{Zp}]*$/u, 'holds characters that cannot be seen');

/** Clusters that the user opens together, by id. */
export const ownSetSchema = z.object({
  name: setNameSchema,
  clusters: z.array(clusterIdSchema).min(1).max(mostInSet),
});

/** A set as shells see it: the user's own, or one of the organisation's. */
export const clusterSetSchema = ownSetSchema.extend({
  /** True if the organisation's configuration defines it. A set of the user's with the same name hides it. */
  organisation: z.literal(true).optional(),
});
export type ClusterSet = z.infer<typeof clusterSetSchema>;
