import { z } from 'zod';
import { clusterIdSchema } from './cluster.ts';

/** Why somebody writes to a production cluster, in their own words, as they give it. */
export const reasonSchema = z.string().trim().min(1).max(300);

/** A production cluster that opens read-only, and to which its user may write for a time. */
export const unlockSchema = z.object({
  cluster: clusterIdSchema,
  reason: z.string(),
  /** Whose session it is, or the account of this computer. */
  who: z.string(),
  /** ms since the epoch. */
  since: z.number(),
  until: z.number(),
});
export type Unlock = z.infer<typeof unlockSchema>;

/** What ended an unlock: `session` is a sign-out or another end of the session, `rule` a cluster that no longer opens read-only. */
export const lockedBySchema = z.enum(['user', 'time', 'session', 'disconnect', 'agent', 'rule']);
export type LockedBy = z.infer<typeof lockedBySchema>;
