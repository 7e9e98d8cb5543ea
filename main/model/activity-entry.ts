import { z } from 'zod';
import { accountSchema } from './account.ts';
import { clusterIdSchema } from './cluster.ts';
import { credentialIdentitySchema } from './credential-identity.ts';
import { failureSchema } from './tunnel-state.ts';
import { lockedBySchema, unlockSchema } from './unlock.ts';

// The activity journal's entries, and a cluster's history for shells.

/** Entries contain the title, because the cluster may be gone or renamed when they are read. */
const ofCluster = { cluster: clusterIdSchema, title: z.string() };
const ofAccount = { provider: accountSchema.shape.provider, session: z.string().optional() };

const ofUnlock = unlockSchema.omit({ cluster: true }).shape;

/** A number of clusters, and the titles of the first ones. */
const someSchema = z.object({ count: z.number(), titles: z.array(z.string()) });

const entry = <K extends string, S extends z.ZodRawShape>(kind: K, shape: S) =>
  z.object({
    /** Increases by one with each entry. */
    id: z.int(),
    /** ms since the epoch. */
    at: z.number(),
    kind: z.literal(kind),
    ...shape,
  });

export const activityEntrySchema = z.discriminatedUnion('kind', [
  /** `kubectl`: opened on demand. `agent`: reopened after a start of the agent. */
  entry('connected', { ...ofCluster, by: z.enum(['person', 'kubectl', 'agent']), ms: z.number() }),
  /** The connection broke, or the API server stopped responding. The tunnel reconnects. */
  entry('interrupted', { ...ofCluster, failure: failureSchema }),
  entry('reconnected', { ...ofCluster, awayMs: z.number() }),
  /** No retry. Without a stage, the attempt failed before the tunnel opened. */
  entry('failed', {
    ...ofCluster,
    failure: failureSchema.partial({ stage: true, mender: true }),
  }),
  /** `agent`: closed because the agent ended. */
  entry('closed', { ...ofCluster, by: z.enum(['person', 'agent']) }),
  /** A client of a local port was refused. Only the first of its kind since the agent started. */
  entry('refused', {
    ...ofCluster,
    port: z.number(),
    /** Another account's program, a wrong password, TLS to the proxy, or a program that the entry's form does not serve. */
    reason: z.enum(['account', 'password', 'tls', 'form']),
    process: z.object({ pid: z.number(), name: z.string() }).optional(),
    account: z.string().optional(),
  }),
  /** A program's connection failed to open or was cut. Only the first of its kind in a minute. */
  entry('client-failed', {
    ...ofCluster,
    isCut: z.boolean(),
    process: z.object({ pid: z.number(), name: z.string() }).optional(),
    failure: failureSchema,
  }),
  /** The current context has changed. Absent: there is none now. */
  entry('kubectl', { context: z.string().optional(), cluster: clusterIdSchema.optional() }),
  /** The user may write to a production cluster that opens read-only, for a time. */
  entry('unlocked', { ...ofCluster, ...ofUnlock }),
  /** The end of that, with the whole of it; `until` is when it would have ended. */
  entry('locked', { ...ofCluster, ...ofUnlock, by: lockedBySchema }),
  entry('signed-in', { ...ofAccount, who: z.string().optional() }),
  entry('signed-out', ofAccount),
  /** The session ended without a sign-out. `message` is its store's explanation. */
  entry('sign-in-ended', { ...ofAccount, message: z.string().optional() }),
  entry('discovery', {
    clusters: z.number(),
    added: someSchema,
    gone: someSchema,
    places: z.number(),
    /** Locations that could not be loaded. */
    failed: z.number(),
  }),
  /** Names of settings, without values. */
  entry('settings', { names: z.array(z.string()) }),
  entry('release', { version: z.string() }),
]);
export type ActivityEntry = z.infer<typeof activityEntrySchema>;

type Unnumbered<T> = T extends unknown ? Omit<T, 'id' | 'at'> : never;
/** An entry before the journal has numbered it. */
export type ActivityDraft = Unnumbered<ActivityEntry>;

/** The duration of a probe. Without `ms`, it failed or the tunnel was closed. */
const latencySampleSchema = z.object({ at: z.number(), ms: z.number().optional() });
export type LatencySample = z.infer<typeof latencySampleSchema>;

/** A cluster's recent history and traffic. */
export const historySchema = z.object({
  /** The oldest first, at most 60: half an hour of an open tunnel. */
  samples: z.array(latencySampleSchema),
  /** Bytes since its port was opened. Absent without a port. */
  traffic: z.object({ connections: z.number(), sent: z.number(), received: z.number() }).optional(),
  /** The file of its kubeconfig entry, and the names of context, cluster and user there. */
  entry: z.object({ file: z.string(), name: z.string() }).optional(),
  /** Whose credential kubectl got last, if several identities reach its account. */
  identity: credentialIdentitySchema.optional(),
  /** The latest errors, the newest first. */
  failures: z.array(activityEntrySchema),
});
export type History = z.infer<typeof historySchema>;
