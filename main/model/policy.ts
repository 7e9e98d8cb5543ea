import { z } from 'zod';

/** Whether an application's policy admits the person, as Access last said. What is not known has none. */
export const policySchema = z.discriminatedUnion('verdict', [
  z.object({
    verdict: z.literal('admitted'),
    /** The application's host name, as in a cluster's `reach`. */
    hostname: z.string(),
    /** When Access said so, ms since the epoch. */
    at: z.number(),
  }),
  z.object({
    verdict: z.literal('denied'),
    hostname: z.string(),
    at: z.number(),
    /**
     * `device`: the person's device fails a posture check, and the application says no reason of its own. Access does
     * not tell which checks an application wants: this is what is likely, not what is proven.
     */
    reason: z.enum(['policy', 'device']),
    /** For people: the application's own words where it has some. */
    message: z.string(),
    /** The posture checks that the device fails, as the administrator named them. */
    failing: z.array(z.string()),
    /** Names the refused request in the administrator's log. */
    ray: z.string().optional(),
  }),
]);
export type Policy = z.infer<typeof policySchema>;
export type DeniedPolicy = Extract<Policy, { verdict: 'denied' }>;
