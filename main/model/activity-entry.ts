import { z } from 'zod';
import { accountSchema } from './account.ts';
import { clusterIdSchema } from './cluster.ts';
import { failureSchema } from './tunnel-state.ts';

/** What the journal of what happened holds, and what a shell is told of a cluster's past. */

/** Titles stand in the entry: it is read when the cluster may be gone, or called otherwise. */
const ofCluster = { cluster: clusterIdSchema, title: z.string() };
const ofAccount = { provider: accountSchema.shape.provider, session: z.string().optional() };

/** Some clusters: how many, and the first of them by title. */
const someSchema = z.object({ count: z.number(), titles: z.array(z.string()) });

const placed = <K extends string, S extends z.ZodRawShape>(kind: K, shape: S) =>
  z.object({
    /** Grows by one with each entry. */
    id: z.int(),
    /** ms since the epoch. */
    at: z.number(),
    kind: z.literal(kind),
    ...shape,
  });

export const activityEntrySchema = z.discriminatedUnion('kind', [
  /** `kubectl` opened one whose entry was kept; `agent` opens again what was open before it started. */
  placed('connected', { ...ofCluster, by: z.enum(['person', 'kubectl', 'agent']), ms: z.number() }),
  /** The connection stopped carrying, or its API server stopped answering; it is tried again. */
  placed('interrupted', { ...ofCluster, failure: failureSchema }),
  placed('reconnected', { ...ofCluster, awayMs: z.number() }),
  /** It is not tried again. A connection that came to nothing before its tunnel was begun has no stage. */
  placed('failed', {
    ...ofCluster,
    failure: failureSchema.partial({ stage: true, mender: true }),
  }),
  /** `agent`: it ended itself. */
  placed('closed', { ...ofCluster, by: z.enum(['person', 'agent']) }),
  /** A client of a local port was turned away; the first of its kind since the agent started. */
  placed('refused', {
    ...ofCluster,
    port: z.number(),
    /** Another account's program, a wrong password, or TLS to what is a proxy. */
    reason: z.enum(['account', 'password', 'tls']),
    process: z.object({ pid: z.number(), name: z.string() }).optional(),
    account: z.string().optional(),
  }),
  /** A program's connection could not be opened, or was cut: the first of its kind for a minute. */
  placed('client-failed', {
    ...ofCluster,
    isCut: z.boolean(),
    process: z.object({ pid: z.number(), name: z.string() }).optional(),
    failure: failureSchema,
  }),
  /** kubectl's current context is another; without one, there is none. */
  placed('kubectl', { context: z.string().optional(), cluster: clusterIdSchema.optional() }),
  placed('signed-in', { ...ofAccount, who: z.string().optional() }),
  placed('signed-out', ofAccount),
  /** By itself. `message` is what its place says. */
  placed('sign-in-ended', { ...ofAccount, message: z.string().optional() }),
  placed('discovery', {
    clusters: z.number(),
    added: someSchema,
    gone: someSchema,
    places: z.number(),
    /** Places that could not be read. */
    failed: z.number(),
  }),
  /** Names only. */
  placed('settings', { names: z.array(z.string()) }),
  placed('release', { version: z.string() }),
]);
export type ActivityEntry = z.infer<typeof activityEntrySchema>;

type WithoutPlace<T> = T extends unknown ? Omit<T, 'id' | 'at'> : never;
/** An entry before it has its place in the journal. */
export type ActivityDraft = WithoutPlace<ActivityEntry>;

/** How long a probe took; without `ms` it failed, or the tunnel was closed. */
const latencySampleSchema = z.object({ at: z.number(), ms: z.number().optional() });
export type LatencySample = z.infer<typeof latencySampleSchema>;

/** A cluster's past, and what passes now. */
export const historySchema = z.object({
  /** The oldest first, at most 60: half an hour of a tunnel that stands. */
  samples: z.array(latencySampleSchema),
  /** Where it has a port. Bytes since that was opened. */
  traffic: z.object({ connections: z.number(), sent: z.number(), received: z.number() }).optional(),
  /** Where its kubeconfig entry stands, and what its context, cluster and user are called there. */
  entry: z.object({ file: z.string(), name: z.string() }).optional(),
  /** What went wrong last, the newest first. */
  failures: z.array(activityEntrySchema),
});
export type History = z.infer<typeof historySchema>;
