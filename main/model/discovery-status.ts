import { z } from 'zod';

export const discoveryStatusSchema = z.discriminatedUnion('status', [
  z.object({
    status: z.literal('idle'),
    /** When the last whole run ended, ms since the epoch. */
    finishedAt: z.number().optional(),
  }),
  z.object({
    status: z.literal('running'),
    since: z.number(),
    /** Places (an account in a region, a folder) read so far, failed ones too. */
    cellsRead: z.number(),
    /** Places known so far; grows while accounts and folders are found. */
    cellsKnown: z.number(),
    /** Clusters read in this run. */
    clusters: z.number(),
  }),
]);
export type DiscoveryStatus = z.infer<typeof discoveryStatusSchema>;
