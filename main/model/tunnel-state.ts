import { z } from 'zod';
import { plainErrorSchema } from './error-schema.ts';

/**
 * The stages of the probe, in the order in which data passes them. `local` is not one of them: a problem on this
 * computer prevented the probe.
 */
export const stageSchema = z.enum(['edge', 'access', 'origin', 'tls', 'readyz', 'local']);
export type Stage = z.infer<typeof stageSchema>;

/** Who can fix a failure at a stage. */
export const menderSchema = z.enum(['you', 'network', 'access-administrator', 'cluster-administrator']);

export type Mender = z.infer<typeof menderSchema>;

export const failureSchema = z.object({
  stage: stageSchema,
  error: plainErrorSchema,
  /** Who can fix it. */
  mender: menderSchema,
});
export type Failure = z.infer<typeof failureSchema>;

/** The latency of each stage that passed, and the sum, in ms. */
const probeSchema = z.object({
  at: z.number(),
  stages: z.array(z.object({ stage: stageSchema, ms: z.number() })),
  totalMs: z.number(),
});
export type Probe = z.infer<typeof probeSchema>;

export const tunnelStateSchema = z.discriminatedUnion('status', [
  z.object({ status: z.literal('idle') }),
  z.object({ status: z.literal('logging-in'), since: z.number() }),
  z.object({ status: z.literal('connecting'), since: z.number() }),
  z.object({ status: z.literal('connected'), since: z.number(), probe: probeSchema }),
  /** The connector is up, but the last probe failed behind the edge. */
  z.object({ status: z.literal('degraded'), since: z.number(), failure: failureSchema }),
  z.object({
    status: z.literal('reconnecting'),
    since: z.number(),
    /** The number of failed attempts, from 1. */
    attempt: z.number(),
    /** The time of the next attempt, ms since the epoch. */
    nextAt: z.number(),
    failure: failureSchema,
  }),
  z.object({ status: z.literal('failed'), since: z.number(), failure: failureSchema }),
  z.object({ status: z.literal('closing'), since: z.number() }),
]);
export type TunnelState = z.infer<typeof tunnelStateSchema>;
