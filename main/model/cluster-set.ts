import { z } from 'zod';
import { clusterIdSchema } from './cluster.ts';

/** Allows one line of visible characters, without bidirectional controls. */
export const setNameSchema = z
  .string()
  .trim()
  .min(1)
  .max(60)
  .regex(/^[^\p{C}\p{Zl}\p{Zp}]*$/u, 'holds characters that cannot be seen');

/** Clusters that the user opens together, by id. */
export const clusterSetSchema = z.object({
  name: setNameSchema,
  clusters: z.array(clusterIdSchema).min(1).max(50),
});
export type ClusterSet = z.infer<typeof clusterSetSchema>;
