import { z } from 'zod';

/** The last verdict of Access on the user's access to an application. An unknown application has no entry. */
export const policySchema = z.discriminatedUnion('verdict', [
  z.object({
    verdict: z.literal('admitted'),
    /** The application's hostname, as in a cluster's `reach`. */
    hostname: z.string(),
    /** The time of the verdict, ms since the epoch. */
    at: z.number(),
  }),
  z.object({
    verdict: z.literal('denied'),
    hostname: z.string(),
    at: z.number(),
    /**
     * `device`: the user's device fails a posture check, and the application has no message of its own. Access does not
     * report which checks an application requires, so this is likely but not certain.
     */
    reason: z.enum(['policy', 'device']),
    /** For users: the application's own message if it has one. */
    message: z.string(),
    /** The failed posture checks, by the administrator's names. */
    failing: z.array(z.string()),
    /** Identifies the denied request in the administrator's log. */
    ray: z.string().optional(),
  }),
]);
export type Policy = z.infer<typeof policySchema>;
export type DeniedPolicy = Extract<Policy, { verdict: 'denied' }>;
