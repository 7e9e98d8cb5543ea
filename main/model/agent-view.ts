import { z } from 'zod';
import { loginSchema } from './account.ts';
import type { ActivityEntry } from './activity-entry.ts';
import {
  type Cell,
  type Cluster,
  type ClusterId,
  cellSchema,
  clusterIdSchema,
  clusterSchema,
} from './cluster.ts';
import { clusterSetSchema } from './cluster-set.ts';
import { confirmationSchema } from './confirmation.ts';
import { connectorKindSchema } from './connector-kind.ts';
import { consentSchema } from './consent.ts';
import { credentialIdentitySchema } from './credential-identity.ts';
import { discoveryStatusSchema } from './discovery-status.ts';
import { plainErrorSchema } from './error-schema.ts';
import { localProxySchema } from './local-proxy.ts';
import { organisationViewSchema } from './organisation-view.ts';
import { type Policy, policySchema } from './policy.ts';
import { publishedCatalogViewSchema } from './published-catalog-view.ts';
import { recentConnectionSchema } from './recent-connection.ts';
import { releaseViewSchema } from './release.ts';
import { settingsFromSchema, settingsSchema } from './settings.ts';
import { terminalSchema } from './terminal.ts';
import { failureSchema, menderSchema, stageSchema, tunnelStateSchema } from './tunnel-state.ts';
import { unlockSchema } from './unlock.ts';

// The agent's state as shells see it: a snapshot, then changes.

export const tunnelViewSchema = z.object({
  cluster: clusterIdSchema,
  state: tunnelStateSchema,
  /** The port on 127.0.0.1, once it is open. */
  port: z.number().optional(),
  /** The connector in use. */
  connector: connectorKindSchema,
  connections: z.number(),
  /** Bytes since the tunnel was opened. */
  sent: z.number(),
  received: z.number(),
});

/** The current context. */
export const kubectlSchema = z.object({
  context: z.string().optional(),
  /** Set if the context is one of ours. */
  cluster: clusterIdSchema.optional(),
  /** True for a production cluster. */
  production: z.literal(true).optional(),
  /** The time limit of the switch, ms since the epoch. `back` is the context to restore; absent: none. */
  limit: z.object({ until: z.number(), back: z.string().optional() }).optional(),
  /** Sentences about what kubectl passes over in the caller's files. Only in an answer to a shell. */
  warnings: z.array(z.string()).optional(),
});

const namedClusterSchema = z.object({ cluster: clusterIdSchema, title: z.string() });

/** Effects of a connect on the current context, and of the rule for production clusters. */
export const connectOutcomeSchema = {
  /** The current context was switched. `from` is the previous one. */
  switched: z.object({ from: z.string().optional() }).optional(),
  /** Production clusters because of which the current context was not switched. */
  stays: z.array(namedClusterSchema).optional(),
  /** Clusters of a link or a set that were not connected, because the user did not confirm them. */
  left: z.array(namedClusterSchema).optional(),
};

/** An organisation's Access session. Until it ends, no browser is needed. */
const sessionSchema = z.object({
  authDomain: z.string(),
  email: z.string().optional(),
  endsAt: z.number(),
});

/** An organisation's Access session that ended without a sign-out by the user. */
const endedSessionSchema = z.object({
  authDomain: z.string(),
  email: z.string().optional(),
  /** True if the organisation ended it before it expired. */
  isRevoked: z.boolean(),
});

/** The last client of a cluster whose connection failed to open or was cut. */
export const clientFailureSchema = z.object({
  cluster: clusterIdSchema,
  at: z.number(),
  isCut: z.boolean(),
  process: z.object({ pid: z.number(), name: z.string() }).optional(),
  failure: failureSchema,
  /** The number of connections that failed alike since the first report. */
  count: z.number(),
});

const noticeSchema = z.object({
  at: z.number(),
  level: z.enum(['info', 'warning']),
  message: z.string(),
});

/**
 * Slices of the state, each replaced as a whole when it changes. A new slice is one line here; every shell and the
 * snapshot follow. Absent: none.
 */
const slices = {
  discovery: discoveryStatusSchema,
  logins: z.array(loginSchema),
  sessions: z.array(sessionSchema),
  endedSessions: z.array(endedSessionSchema).optional(),
  /** Whose credentials the open clusters got last, where several identities reach their accounts. */
  identities: z
    .array(credentialIdentitySchema.extend({ cluster: clusterIdSchema, summary: z.string() }))
    .optional(),
  /** The current context in the agent's own environment (a terminal may have another KUBECONFIG). */
  kubectl: kubectlSchema,
  favourites: z.array(clusterIdSchema),
  /** The user's sets, and those of the organisation. */
  sets: z.array(clusterSetSchema),
  /** The groups that the list shows collapsed. */
  collapsedGroups: z.array(z.string()).optional(),
  /** On-demand contexts: disconnected, but still in the kubeconfig. They connect when kubectl needs them. */
  kept: z.array(clusterIdSchema),
  /** The clusters that were connected last, the latest first, also those that are connected now. Absent: none. */
  recent: z.array(recentConnectionSchema).optional(),
  /** The context names that kubeconfigs have or had, and their clusters: no other cluster gets one of them. */
  givenNames: z.record(z.string(), clusterIdSchema).optional(),
  /** Terminals and programs with a kubeconfig of their own, production first. */
  terminals: z.array(terminalSchema).optional(),
  /** Questions of AI clients that only the user answers. Absent: none. */
  confirmations: z.array(confirmationSchema).optional(),
  /** Kubeconfig entries that kubectl cannot use, though their tunnels may be up. Absent: none. */
  entryProblems: z
    .array(z.object({ cluster: clusterIdSchema, since: z.number(), error: plainErrorSchema }))
    .optional(),
  /** Kubeconfigs that cannot be read, and locks on them that nobody releases. Absent: none. */
  kubeconfigProblems: z.array(plainErrorSchema).optional(),
  /** Production clusters that open read-only, and are unlocked now. Absent: none. */
  unlocks: z.array(unlockSchema).optional(),
  settings: settingsSchema,
  settingsFrom: settingsFromSchema,
  /** The organisation whose configuration applies. */
  organisation: organisationViewSchema.optional(),
  /** The organisation's catalog of clusters, if its configuration names one. */
  publishedCatalog: publishedCatalogViewSchema.optional(),
  /** A release that is newer than the agent. */
  release: releaseViewSchema.optional(),
};

export const snapshotSchema = z.object({
  ...slices,
  agent: z.object({
    version: z.string(),
    pid: z.number(),
    startedAt: z.number(),
    /** The versions of what runs it. An older agent does not say. */
    runtime: z.object({ node: z.string(), electron: z.string().optional() }).optional(),
    /** The platform as Node names it, to quote commands for. */
    platform: z.string(),
    /**
     * How our own sessions are stored: sealed with the keychain, in plain files without one, or without the desktop
     * app.
     */
    signIns: z.enum(['keychain', 'no-keychain', 'headless']),
    /**
     * The variables of the agent's environment that decide how it reaches hosts, and whose credentials a caller without
     * variables of its own gets. Secrets by name only.
     */
    variables: z.record(z.string(), z.string()).optional(),
    /** How far this computer's clock is from that of a server, ms; negative if it is behind. Absent if it is right. */
    clock: z.object({ aheadMs: z.number(), host: z.string() }).optional(),
  }),
  /** Without their CA certificates, which only the agent needs. */
  clusters: z.array(clusterSchema),
  cells: z.array(cellSchema),
  tunnels: z.array(tunnelViewSchema),
  /** The user's known Access policies, by application. */
  policies: z.array(policySchema),
  /** Failed client connections, whose protocols cannot report the reason. Absent: none. */
  clientFailures: z.array(clientFailureSchema).optional(),
  /** The local TLS proxies that listen. Absent: none. */
  localProxies: z.array(localProxySchema).optional(),
  notices: z.array(noticeSchema),
});

export type Snapshot = z.infer<typeof snapshotSchema>;
export type Slices = Pick<Snapshot, keyof typeof slices>;
/** New values of slices, applied together. `null` removes a slice. */
export type SliceValues = {
  readonly [K in keyof Slices]?: Exclude<Slices[K], undefined> | (undefined extends Slices[K] ? null : never);
};

/** A change that a subscriber gets after its snapshot. */
export type Change =
  | { readonly kind: 'set'; readonly values: SliceValues }
  | {
      readonly kind: 'catalog';
      readonly upserted: readonly Cluster[];
      readonly removed: readonly ClusterId[];
      readonly cells: readonly Cell[];
      readonly removedCells: readonly string[];
    }
  /** `idle` means that the tunnel is closed. */
  | { readonly kind: 'tunnel'; readonly tunnel: TunnelView }
  /** `forgotten` has the hostnames of removed policies. */
  | { readonly kind: 'policies'; readonly known: readonly Policy[]; readonly forgotten: readonly string[] }
  | { readonly kind: 'notice'; readonly notice: Notice }
  /** A new entry of the journal, which is not part of the snapshot (see the operation `activity`). */
  | { readonly kind: 'activity'; readonly entry: ActivityEntry };

export const connectResultSchema = z.discriminatedUnion('status', [
  z.object({
    status: z.literal('connected'),
    cluster: clusterIdSchema,
    title: z.string(),
    context: z.string(),
    /** Absent for a direct connection. */
    port: z.number().optional(),
    latencyMs: z.number(),
    /** The user must allow its API server to receive their ID token first. */
    consent: consentSchema.optional(),
  }),
  z.object({
    status: z.literal('failed'),
    cluster: clusterIdSchema,
    title: z.string(),
    error: plainErrorSchema,
    stage: stageSchema.optional(),
    /** Who can fix it. */
    mender: menderSchema.optional(),
    /** Owner and documentation from the cluster's tags. */
    owner: z.string().optional(),
    docs: z.string().optional(),
  }),
]);

export type TunnelView = z.infer<typeof tunnelViewSchema>;
export type ConnectResult = z.infer<typeof connectResultSchema>;
type NamedCluster = z.infer<typeof namedClusterSchema>;
export interface ConnectOutcome {
  switched?: { from?: string | undefined } | undefined;
  stays?: NamedCluster[] | undefined;
  left?: NamedCluster[] | undefined;
}
export type Kubectl = z.infer<typeof kubectlSchema>;
export type Notice = z.infer<typeof noticeSchema>;
export type ClientFailureView = z.infer<typeof clientFailureSchema>;
export type EndedSessionView = z.infer<typeof endedSessionSchema>;
