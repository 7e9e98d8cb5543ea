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
import { connectorKindSchema } from './connector-kind.ts';
import { consentSchema } from './consent.ts';
import { discoveryStatusSchema } from './discovery-status.ts';
import { plainErrorSchema } from './error-schema.ts';
import { organisationViewSchema } from './organisation-view.ts';
import { type Policy, policySchema } from './policy.ts';
import { releaseViewSchema } from './release.ts';
import { settingsFromSchema, settingsSchema } from './settings.ts';
import { failureSchema, menderSchema, stageSchema, tunnelStateSchema } from './tunnel-state.ts';

/** What the agent shows of itself: the whole at once, then what changes. */

/** How the caller's environment names its kubeconfig. A window sends none: the agent's own environment is meant. */
export const kubeconfigPlaceSchema = z.object({
  /** The value of KUBECONFIG; absent when unset. */
  kubeconfig: z.string().optional(),
  cwd: z.string(),
  home: z.string(),
});

const tunnelViewSchema = z.object({
  cluster: clusterIdSchema,
  state: tunnelStateSchema,
  /** Where it listens on 127.0.0.1, once it has been opened. */
  port: z.number().optional(),
  /** What carries it. */
  connector: connectorKindSchema,
  connections: z.number(),
  /** Bytes since it was opened. */
  sent: z.number(),
  received: z.number(),
});

/** Where kubectl points. */
export const kubectlSchema = z.object({
  context: z.string().optional(),
  /** Set when the context is one of ours. */
  cluster: clusterIdSchema.optional(),
  /** It is a production cluster's. */
  production: z.literal(true).optional(),
  /** It is current until then, ms since the epoch; `back` is the context that is restored, absent where there is none. */
  limit: z.object({ until: z.number(), back: z.string().optional() }).optional(),
});

const namedClusterSchema = z.object({ cluster: clusterIdSchema, title: z.string() });

/** What the rule for production clusters made of a connect, beside its results. */
export const connectOutcomeSchema = {
  /** The current context was switched; `from` is the one before it. */
  switched: z.object({ from: z.string().optional() }).optional(),
  /** The current context was not switched, because of these. */
  stays: z.array(namedClusterSchema).optional(),
  /** Of a link or a set, and left as they are because the user did not agree to them. */
  left: z.array(namedClusterSchema).optional(),
};

/** An organisation's session: while it lasts, no browser is needed. */
const sessionSchema = z.object({
  authDomain: z.string(),
  email: z.string().optional(),
  endsAt: z.number(),
});

/** An organisation whose session is over, and that the user has not signed out of. */
const endedSessionSchema = z.object({
  authDomain: z.string(),
  email: z.string().optional(),
  /** The organisation ended it before its time. */
  isRevoked: z.boolean(),
});

/** The last client of a cluster whose connection could not be opened, or was cut. */
const clientFailureSchema = z.object({
  cluster: clusterIdSchema,
  at: z.number(),
  isCut: z.boolean(),
  process: z.object({ pid: z.number(), name: z.string() }).optional(),
  failure: failureSchema,
  /** How many connections have failed alike since it was reported. */
  count: z.number(),
});

const noticeSchema = z.object({
  at: z.number(),
  level: z.enum(['info', 'warning']),
  message: z.string(),
});

/**
 * What is replaced as a whole when it changes. A new one is one line here; every shell and the snapshot follow. Absent:
 * none.
 */
const slices = {
  discovery: discoveryStatusSchema,
  logins: z.array(loginSchema),
  sessions: z.array(sessionSchema),
  endedSessions: z.array(endedSessionSchema).optional(),
  /** Where kubectl points in the agent's own environment (a terminal may have another KUBECONFIG). */
  kubectl: kubectlSchema,
  favourites: z.array(clusterIdSchema),
  sets: z.array(clusterSetSchema),
  /** Not connected, but in the kubeconfig still: kubectl opens them when it uses them. */
  kept: z.array(clusterIdSchema),
  settings: settingsSchema,
  settingsFrom: settingsFromSchema,
  /** Whose configuration counts. */
  organisation: organisationViewSchema.optional(),
  /** A newer version than the agent's. */
  release: releaseViewSchema.optional(),
};

export const snapshotSchema = z.object({
  ...slices,
  agent: z.object({
    version: z.string(),
    pid: z.number(),
    startedAt: z.number(),
    /** Node's name of its platform: what commands to copy are written for. */
    platform: z.string(),
    /** How it keeps our own sign-ins: sealed by the keychain, in files for want of one, or without the desktop app. */
    signIns: z.enum(['keychain', 'no-keychain', 'headless']),
  }),
  /** Without their authorities, which only the agent needs. */
  clusters: z.array(clusterSchema),
  cells: z.array(cellSchema),
  tunnels: z.array(tunnelViewSchema),
  /** What is known of the person's policies, by application. */
  policies: z.array(policySchema),
  /** Their protocols cannot say why. Absent: none. */
  clientFailures: z.array(clientFailureSchema).optional(),
  notices: z.array(noticeSchema),
});

export type Snapshot = z.infer<typeof snapshotSchema>;
export type Slices = Pick<Snapshot, keyof typeof slices>;
/** Some slices, which belong together where there are several. `null`: absent from now on. */
export type SliceValues = {
  readonly [K in keyof Slices]?: Exclude<Slices[K], undefined> | (undefined extends Slices[K] ? null : never);
};

/** What a subscriber is told after its snapshot. */
export type Change =
  | { readonly kind: 'set'; readonly values: SliceValues }
  | {
      readonly kind: 'catalog';
      readonly upserted: readonly Cluster[];
      readonly removed: readonly ClusterId[];
      readonly cells: readonly Cell[];
      readonly removedCells: readonly string[];
    }
  /** A tunnel whose state is `idle` is gone. */
  | { readonly kind: 'tunnel'; readonly tunnel: TunnelView }
  /** `forgotten` are host names. */
  | { readonly kind: 'policies'; readonly known: readonly Policy[]; readonly forgotten: readonly string[] }
  | { readonly kind: 'notice'; readonly notice: Notice }
  /** One more in the journal, which no snapshot holds: it is asked for. */
  | { readonly kind: 'activity'; readonly entry: ActivityEntry };

export const connectResultSchema = z.discriminatedUnion('status', [
  z.object({
    status: z.literal('connected'),
    cluster: clusterIdSchema,
    title: z.string(),
    context: z.string(),
    /** Absent where the API is reached directly. */
    port: z.number().optional(),
    latencyMs: z.number(),
    /** Its API server may not receive the user's id token before they allow it. */
    consent: consentSchema.optional(),
  }),
  z.object({
    status: z.literal('failed'),
    cluster: clusterIdSchema,
    title: z.string(),
    error: plainErrorSchema,
    stage: stageSchema.optional(),
    /** Who can mend it. */
    mender: menderSchema.optional(),
    /** Whom to ask, and where to read: what its tags say. */
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
export type KubeconfigPlaceInput = z.infer<typeof kubeconfigPlaceSchema>;
export type ClientFailureView = z.infer<typeof clientFailureSchema>;
export type EndedSessionView = z.infer<typeof endedSessionSchema>;
