import { z } from 'zod';
import { clusterIdSchema } from './cluster.ts';

/** A cluster that was connected, and when last: ms since the epoch. */
export const recentConnectionSchema = z.object({ cluster: clusterIdSchema, at: z.number() });
export type RecentConnection = z.infer<typeof recentConnectionSchema>;
