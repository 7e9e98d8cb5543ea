import { z } from 'zod';
import { accountSchema, loginProviderSchema, signOutSchema } from '../model/account.ts';
import { activityEntrySchema, historySchema } from '../model/activity-entry.ts';
import {
  connectOutcomeSchema,
  connectResultSchema,
  kubeconfigPlaceSchema,
  kubectlSchema,
  snapshotSchema,
} from '../model/agent-view.ts';
import { cellSchema, clusterIdSchema } from '../model/cluster.ts';
import { clusterSetSchema, setNameSchema } from '../model/cluster-set.ts';
import { consentSchema } from '../model/consent.ts';
import { findingsSchema } from '../model/findings.ts';
import { organisationViewSchema, setupPreviewSchema } from '../model/organisation-view.ts';
import { settingsFromSchema, settingsSchema } from '../model/settings.ts';

/**
 * The one list of what a shell can ask of the agent and is told by it. Every transport parses inputs by it and
 * derives its types from it.
 */

/** A cluster by id, title or name. */
const clusterWord = z.string().min(1).max(512);

/**
 * What to set up by: an https address, an absolute path, or a `k8s-tunnels://setup` link; absent: what is set up already,
 * to review what is new in it. `key` is its public key.
 */
const setup = { source: z.string().min(1).max(8_192).optional(), key: z.string().max(128).optional() };

const context = { place: kubeconfigPlaceSchema.optional() };

/**
 * The user's answer where the rule for production clusters asks. Without one, `production-unconfirmed` is the question;
 * false connects the other clusters of a link or a set.
 */
const production = z.boolean().optional();

/** Where the current context is switched, the previous one is restored after so many minutes. */
const minutes = z.int().min(1).max(1_440).optional();

export const operations = {
  snapshot: { input: z.object({}), output: snapshotSchema },
  discover: {
    input: z.object({}),
    output: z.object({ clusters: z.number(), failed: z.array(cellSchema), tookMs: z.number() }),
  },
  connect: {
    input: z.object({
      ...context,
      clusters: z.array(clusterWord).min(1),
      mode: z.enum(['switch', 'add']).optional(),
      /** Where the clusters are named, if not by the user. */
      origin: z.enum(['link', 'set']).optional(),
      production,
      minutes,
    }),
    output: z.object({
      results: z.array(connectResultSchema),
      kubectl: kubectlSchema,
      warnings: z.array(z.string()),
      ...connectOutcomeSchema,
    }),
  },
  /** Those that wait for their next try, or have given up, are tried now. Answers which; what comes of it is told as a change. */
  retry: {
    input: z.object({ clusters: z.union([z.literal('all'), z.array(clusterWord).min(1)]) }),
    output: z.object({ tried: z.array(z.object({ cluster: clusterIdSchema, title: z.string() })) }),
  },
  disconnect: {
    input: z.object({ ...context, clusters: z.union([z.literal('all'), z.array(clusterWord).min(1)]) }),
    output: z.object({
      closed: z.array(z.object({ cluster: clusterIdSchema, title: z.string() })),
      kubectl: kubectlSchema,
      warnings: z.array(z.string()),
    }),
  },
  /** Takes entries out of the kubeconfig, also those that were kept, and closes what is open of them. */
  forget: {
    input: z.object({ ...context, clusters: z.union([z.literal('all'), z.array(clusterWord).min(1)]) }),
    output: z.object({
      forgotten: z.array(z.object({ cluster: clusterIdSchema, title: z.string() })),
      kubectl: kubectlSchema,
      warnings: z.array(z.string()),
    }),
  },
  /** Replaces the passwords of local ports; the kubeconfig entries follow, connections that are open stay. */
  rotate: {
    input: z.object({ clusters: z.union([z.literal('all'), z.array(clusterWord).min(1)]) }),
    output: z.object({
      rotated: z.array(z.object({ cluster: clusterIdSchema, title: z.string() })),
      warnings: z.array(z.string()),
    }),
  },
  /** Makes a connected cluster current. The cluster `-` restores the context before it. */
  switch: {
    input: z.object({ ...context, cluster: clusterWord, production, minutes }),
    output: z.object({ kubectl: kubectlSchema }),
  },
  kubectl: { input: z.object(context), output: kubectlSchema },
  credential: {
    input: z.object({
      cluster: clusterWord,
      /** KUBERNETES_EXEC_INFO: whether a person may be asked to sign in, and the version of the answer. */
      execInfo: z.string().optional(),
      /** False where whoever asks sees no browser. */
      browser: z.literal(false).optional(),
    }),
    /** An ExecCredential, as kubectl reads it. Secret. */
    output: z.record(z.string(), z.unknown()),
  },
  /** What the user decides on before a cluster's API server receives their id token; absent where it takes none. */
  consent: {
    input: z.object({ cluster: clusterWord }),
    output: z.object({ consent: consentSchema.optional() }),
  },
  /** Allows what `consent` showed, and nothing else: `digest` is its. */
  allow: {
    input: z.object({ cluster: clusterWord, digest: z.string().max(128) }),
    output: z.object({ consent: consentSchema }),
  },
  /** Who is signed in where, until when; and where one could be. */
  accounts: { input: z.object({}), output: z.object({ accounts: z.array(accountSchema) }) },
  /** What this computer has to find clusters with, beside the accounts. */
  findings: { input: z.object({}), output: findingsSchema },
  /** Signs in; the answer comes when the person has. Without a session, the provider's only one is meant. */
  login: {
    input: z.object({
      provider: loginProviderSchema,
      session: z.string().min(1).max(2_048).optional(),
      /** A code to enter on any device, where the provider has that, in place of the browser of the agent's computer. */
      deviceCode: z.literal(true).optional(),
      /** Where the account asks for one. Secret. */
      password: z
        .object({ username: z.string().min(1).max(512), password: z.string().max(4_096) })
        .optional(),
    }),
    output: z.object({ account: accountSchema }),
  },
  logout: {
    input: z.object({ provider: loginProviderSchema, session: z.string().min(1).max(2_048).optional() }),
    output: signOutSchema,
  },
  /** Stars or unstars. */
  favourite: {
    input: z.object({ cluster: clusterWord, on: z.boolean() }),
    output: z.object({ favourites: z.array(clusterIdSchema) }),
  },
  'favourites-order': {
    input: z.object({ favourites: z.array(clusterIdSchema) }),
    output: z.object({ favourites: z.array(clusterIdSchema) }),
  },
  /** Names these clusters as a set, in place of one that is called so whatever its letters' case. */
  'set-save': {
    input: z.object({ name: setNameSchema, clusters: z.array(clusterWord).min(1).max(50) }),
    output: z.object({ sets: z.array(clusterSetSchema) }),
  },
  'set-remove': {
    input: z.object({ name: setNameSchema }),
    output: z.object({ sets: z.array(clusterSetSchema) }),
  },
  /**
   * What a window has in view, each time it changes: what the policies say of these is asked for where it is not known,
   * and told as a change.
   */
  policies: { input: z.object({ clusters: z.array(clusterIdSchema).max(1_000) }), output: z.object({}) },
  /** What happened, the newest first: after the entry `since`, at most `limit`. What comes is told as a change. */
  activity: {
    input: z.object({ since: z.int().min(0).optional(), limit: z.int().min(1).max(500).optional() }),
    output: z.object({ entries: z.array(activityEntrySchema) }),
  },
  /** Of one cluster, for whoever looks at it. */
  history: { input: z.object({ cluster: clusterIdSchema }), output: historySchema },
  'settings-get': {
    input: z.object({}),
    output: settingsSchema.extend({ settingsFrom: settingsFromSchema }),
  },
  'settings-set': { input: settingsSchema.partial().strict(), output: settingsSchema },
  /** Forgets what the person chose: the organisation's value counts, or the usual one. */
  'settings-reset': {
    input: z.object({ names: z.array(settingsSchema.keyof()).min(1) }),
    output: settingsSchema.extend({ settingsFrom: settingsFromSchema }),
  },
  /** Reads an organisation's configuration and says what it would do. */
  'setup-preview': { input: z.object(setup), output: setupPreviewSchema },
  /** Sets up by what was previewed, and by nothing else: `digest` is the preview's. */
  'setup-apply': {
    input: z.object({ ...setup, digest: z.string(), replace: z.boolean().optional() }),
    output: z.object({ organisation: organisationViewSchema.optional() }),
  },
  /** Forgets what the person set up; a managed configuration stays. */
  'setup-remove': {
    input: z.object({}),
    output: z.object({ removed: z.boolean(), organisation: organisationViewSchema.optional() }),
  },
  /** Reads it anew from where it came. */
  'setup-refresh': {
    input: z.object({}),
    output: z.object({ changed: z.boolean(), organisation: organisationViewSchema.optional() }),
  },
  /**
   * Ends the agent but leaves everything as it is on disk: the agent that follows opens the same tunnels on the same
   * ports.
   */
  'hand-over': { input: z.object({}), output: z.object({ pid: z.number() }) },
  /** Disconnects everything and ends the agent. */
  quit: { input: z.object({}), output: z.object({ pid: z.number() }) },
} as const satisfies Record<string, { readonly input: z.ZodType; readonly output: z.ZodType }>;

export type Operations = typeof operations;
export type OperationName = keyof Operations;
export type Input<N extends OperationName> = z.output<Operations[N]['input']>;
export type Output<N extends OperationName> = z.output<Operations[N]['output']>;
