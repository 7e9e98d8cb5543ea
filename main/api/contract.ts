import { z } from 'zod';
import { accountSchema, loginProviderSchema, signOutSchema } from '../model/account.ts';
import { activityEntrySchema, historySchema } from '../model/activity-entry.ts';
import {
  connectOutcomeSchema,
  connectResultSchema,
  kubectlSchema,
  snapshotSchema,
} from '../model/agent-view.ts';
import { callerEnvironmentSchema } from '../model/caller-environment.ts';
import { cellSchema, clusterIdSchema } from '../model/cluster.ts';
import { consentSchema } from '../model/consent.ts';
import { plainErrorSchema } from '../model/error-schema.ts';
import { findingsSchema } from '../model/findings.ts';
import { organisationViewSchema, setupPreviewSchema } from '../model/organisation-view.ts';
import { readOnlySchema } from '../model/read-only.ts';
import { settingsFromSchema, settingsSchema } from '../model/settings.ts';
import { compareOperations } from './compare-contract.ts';
import { clusterWord, context, minutes, production } from './contract-inputs.ts';
import { listOperations } from './lists-contract.ts';
import { metricsOperations } from './metrics-contract.ts';
import { productionOperations } from './production-contract.ts';
import { terminalOperations } from './terminal-contract.ts';

/**
 * Lists all operations of the agent and their results. Every transport parses inputs by this contract and derives its
 * types from it.
 */

/**
 * The source of a configuration: an https address, an absolute path, or a `k8s-tunnels://setup` link. Absent: the
 * current configuration, to review its pending changes. `key` is its public key.
 */
const setup = { source: z.string().min(1).max(8_192).optional(), key: z.string().max(128).optional() };

/** The variables of the caller's shell that decide whose credentials are used. Only the command line sends them. */
const environment = { environment: callerEnvironmentSchema.optional() };

export const operations = {
  snapshot: { input: z.object({}), output: snapshotSchema },
  discover: {
    input: z.object({
      ...environment,
      /** Only if the caller's variables are new, and without waiting for the result. */
      onlyNew: z.literal(true).optional(),
    }),
    output: z.object({ clusters: z.number(), failed: z.array(cellSchema), tookMs: z.number() }),
  },
  connect: {
    input: z.object({
      ...context,
      ...environment,
      clusters: z.array(clusterWord).min(1),
      mode: z.enum(['switch', 'add']).optional(),
      /** The origin of the clusters, if the user did not name them. `resume`: their logins follow one another. */
      origin: z.enum(['link', 'set', 'resume']).optional(),
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
  /** Retries tunnels that wait or have failed. Resolves with their clusters; changes report the results. */
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
  /** Removes contexts from the kubeconfig, also on-demand ones, and closes their tunnels. */
  forget: {
    input: z.object({ ...context, clusters: z.union([z.literal('all'), z.array(clusterWord).min(1)]) }),
    output: z.object({
      forgotten: z.array(z.object({ cluster: clusterIdSchema, title: z.string() })),
      kubectl: kubectlSchema,
      warnings: z.array(z.string()),
    }),
  },
  /** Replaces the passwords of local ports and updates the kubeconfig. Open connections stay open. */
  rotate: {
    input: z.object({ clusters: z.union([z.literal('all'), z.array(clusterWord).min(1)]) }),
    output: z.object({
      rotated: z.array(z.object({ cluster: clusterIdSchema, title: z.string() })),
      warnings: z.array(z.string()),
    }),
  },
  /** Returns a separate kubeconfig for one program, through local TLS proxies. Contains secrets. */
  'kubeconfig-file': {
    input: z.object({
      clusters: z.array(clusterWord).min(1).max(50),
      /** Where the caller writes it: an absolute path. */
      file: z.string().min(1).max(4_096),
      /** For a container: makes the file's folder, and on Linux a Unix socket for each cluster in it. */
      container: z.literal(true).optional(),
      /** The file can only read. */
      readOnly: readOnlySchema.optional(),
      /** When its secrets end, if that is sooner than they would. */
      minutes,
    }),
    output: z.object({
      kubeconfig: z.string(),
      clusters: z.array(z.object({ cluster: clusterIdSchema, title: z.string(), context: z.string() })),
      /** The limits of the file, if it can only read. */
      readOnly: readOnlySchema.optional(),
      /** When its first secret expires, ms since the epoch. */
      until: z.number(),
    }),
  },
  /** Ends the secrets of a separate kubeconfig, and what they have opened. */
  'kubeconfig-file-end': {
    input: z.object({ file: z.string().min(1).max(4_096) }),
    output: z.object({ ended: z.array(z.object({ cluster: clusterIdSchema, title: z.string() })) }),
  },
  /** Switches the current context to a connected cluster. `-` restores the previous context. */
  switch: {
    input: z.object({ ...context, cluster: clusterWord, production, minutes }),
    output: z.object({ kubectl: kubectlSchema }),
  },
  ...terminalOperations,
  ...compareOperations,
  ...productionOperations,
  kubectl: { input: z.object(context), output: kubectlSchema },
  credential: {
    input: z.object({
      cluster: clusterWord,
      /** KUBERNETES_EXEC_INFO: whether the user may be asked to sign in, and the API version of the answer. */
      execInfo: z.string().optional(),
      /** False if the caller's user sees no browser. */
      browser: z.literal(false).optional(),
      ...environment,
    }),
    /** An ExecCredential for kubectl. Secret. */
    output: z.record(z.string(), z.unknown()),
  },
  /** Returns what the user must allow before a cluster's API server receives their ID token. Absent if it uses none. */
  consent: {
    input: z.object({ cluster: clusterWord }),
    output: z.object({ consent: consentSchema.optional() }),
  },
  /** Allows exactly what `consent` showed, which `digest` identifies. */
  allow: {
    input: z.object({ cluster: clusterWord, digest: z.string().max(128) }),
    output: z.object({ consent: consentSchema }),
  },
  /** Lists the sessions with their expiry, and the accounts without one. */
  accounts: { input: z.object(environment), output: z.object({ accounts: z.array(accountSchema) }) },
  /** Lists what discovery can use on this computer besides the accounts. */
  findings: { input: z.object({}), output: findingsSchema },
  /** Signs in. Resolves when the user has signed in. Without a session, uses the provider's only one. */
  login: {
    input: z.object({
      ...environment,
      provider: loginProviderSchema,
      session: z.string().min(1).max(2_048).optional(),
      /** Use a device code instead of the browser on the agent's computer, if the provider supports it. */
      deviceCode: z.literal(true).optional(),
      /** For accounts that need a password. For an MFA device: its serial number and one of its codes. Secret. */
      password: z
        .object({ username: z.string().min(1).max(512), password: z.string().max(4_096) })
        .optional(),
      /** Another login follows, in the same browser tab. */
      isFollowed: z.literal(true).optional(),
    }),
    output: z.object({ account: accountSchema }),
  },
  logout: {
    input: z.object({
      ...environment,
      provider: loginProviderSchema,
      session: z.string().min(1).max(2_048).optional(),
    }),
    output: signOutSchema,
  },
  ...listOperations,
  /**
   * Reports the clusters in a window's view, each time it changes. Checks their Access policies if unknown; changes
   * report the results.
   */
  policies: { input: z.object({ clusters: z.array(clusterIdSchema).max(1_000) }), output: z.object({}) },
  /** Lists events, the newest first: after the entry `since`, at most `limit`. Changes report later events. */
  activity: {
    input: z.object({ since: z.int().min(0).optional(), limit: z.int().min(1).max(500).optional() }),
    output: z.object({ entries: z.array(activityEntrySchema) }),
  },
  /** Returns the latest probes of a cluster. */
  history: { input: z.object({ cluster: clusterIdSchema }), output: historySchema },
  ...metricsOperations,
  'settings-get': {
    input: z.object({}),
    output: settingsSchema.extend({ settingsFrom: settingsFromSchema }),
  },
  'settings-set': { input: settingsSchema.partial().strict(), output: settingsSchema },
  /** Removes the user's values, so that the organisation's or the default ones apply. */
  'settings-reset': {
    input: z.object({ names: z.array(settingsSchema.keyof()).min(1) }),
    output: settingsSchema.extend({ settingsFrom: settingsFromSchema }),
  },
  /** Reads an organisation's configuration and returns what it would change. */
  'setup-preview': { input: z.object(setup), output: setupPreviewSchema },
  /** Applies exactly the previewed configuration, which `digest` identifies. */
  'setup-apply': {
    input: z.object({ ...setup, digest: z.string(), replace: z.boolean().optional() }),
    output: z.object({ organisation: organisationViewSchema.optional() }),
  },
  /** Removes the configuration that the user set up. A managed one stays. */
  'setup-remove': {
    input: z.object({}),
    output: z.object({ removed: z.boolean(), organisation: organisationViewSchema.optional() }),
  },
  /** Returns the configuration in effect, and why a managed file that is there is not used at all. */
  'setup-show': {
    input: z.object({}),
    output: z.object({
      organisation: organisationViewSchema.optional(),
      refused: z.object({ place: z.string(), at: z.number(), error: plainErrorSchema }).optional(),
    }),
  },
  /**
   * Reloads the configuration from its source. Rejects with the reason why the source, or the managed file, is not used.
   */
  'setup-refresh': {
    input: z.object({}),
    output: z.object({ changed: z.boolean(), organisation: organisationViewSchema.optional() }),
  },
  /**
   * Ends the agent without changing anything on disk, so that the next agent opens the same tunnels on the same ports.
   */
  'hand-over': { input: z.object({}), output: z.object({ pid: z.number() }) },
  /** Closes all tunnels and ends the agent. */
  quit: { input: z.object({}), output: z.object({ pid: z.number() }) },
} as const satisfies Record<string, { readonly input: z.ZodType; readonly output: z.ZodType }>;

export type Operations = typeof operations;
export type OperationName = keyof Operations;
export type Input<N extends OperationName> = z.output<Operations[N]['input']>;
export type Output<N extends OperationName> = z.output<Operations[N]['output']>;
