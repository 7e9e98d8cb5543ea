import { z } from 'zod';

export const discoveryStatusSchema = z.discriminatedUnion('status', [
  z.object({
    status: z.literal('idle'),
    /** The end of the last complete run, ms since the epoch. */
    finishedAt: z.number().optional(),
  }),
  z.object({
    status: z.literal('running'),
    since: z.number(),
    /** Locations (an account in a region, a folder) read so far, including failed ones. */
    cellsRead: z.number(),
    /** Locations known so far. Grows while accounts and folders are discovered. */
    cellsKnown: z.number(),
    /** Clusters read in this run. */
    clusters: z.number(),
  }),
]);
export type DiscoveryStatus = z.infer<typeof discoveryStatusSchema>;
