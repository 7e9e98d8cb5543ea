import { z } from 'zod';
import { cellSchema } from './cluster.ts';

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
    /** Locations that are being read and have not answered for 10 s. */
    slow: z
      .array(cellSchema.pick({ source: true, account: true, accountName: true, region: true }))
      .optional(),
  }),
]);
export type DiscoveryStatus = z.infer<typeof discoveryStatusSchema>;
