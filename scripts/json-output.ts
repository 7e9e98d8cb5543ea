import { execFileSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { operations } from '../main/api/contract.ts';
import { doctorSchema } from '../main/cli/doctor/document.ts';
import { inventorySchema } from '../main/cli/inventory/document.ts';
import { isTimeKey } from '../main/cli/json-document.ts';
import {
  clientFailureSchema,
  kubectlSchema,
  snapshotSchema,
  tunnelViewSchema,
} from '../main/model/agent-view.ts';
import { auditEntrySchema } from '../main/model/audit-entry.ts';
import { cellSchema, clusterIdSchema, clusterSchema } from '../main/model/cluster.ts';
import { clusterSetSchema } from '../main/model/cluster-set.ts';
import { confirmationSchema } from '../main/model/confirmation.ts';
import { entryForms } from '../main/model/entry-form.ts';
import { plainErrorSchema } from '../main/model/error-schema.ts';
import { localProxySchema } from '../main/model/local-proxy.ts';
import { organisationViewSchema, setupPreviewSchema } from '../main/model/organisation-view.ts';
import { policySchema } from '../main/model/policy.ts';
import { terminalSchema } from '../main/model/terminal.ts';
import { unlockSchema } from '../main/model/unlock.ts';

const root = path.resolve(import.meta.dirname, '..');
export const jsonOutputFile = path.join(root, 'docs/json-output.schema.json');

const titled = { title: z.string() };
/** Both count from 1. */
const position = { line: z.int(), column: z.int() };
const { agent, discovery, logins, sessions, endedSessions, identities, notices, release, publishedCatalog } =
  snapshotSchema.shape;
const ofCluster = {
  cluster: clusterIdSchema,
  ...titled,
  ...clusterSchema.pick({ source: true, account: true, region: true }).shape,
};
const about = clusterSchema.pick({ environment: true, owner: true, description: true, docs: true }).partial();

/** What each command prints with `--json`, by its name. Every command prints `error` where it fails. */
const documents = {
  error: z.object({ error: plainErrorSchema }),
  list: z.object({
    clusters: z.array(
      clusterSchema.extend({
        /** The name of its context. */
        context: z.string().nullable(),
        /** True if its context is current in the caller's kubeconfig. */
        current: z.boolean(),
        favourite: z.boolean(),
        production: z.boolean(),
        latencyMs: z.number().nullable(),
        tunnel: tunnelViewSchema.nullable(),
        kept: z.boolean(),
        policy: policySchema.nullable(),
      }),
    ),
    failed: z.array(cellSchema),
  }),
  status: z.object({
    agent,
    tunnels: z.array(tunnelViewSchema.extend({ ...titled, ...about.shape })),
    kept: z.array(z.object({ cluster: clusterIdSchema, ...titled })),
    localProxies: z.array(localProxySchema.extend(titled)),
    terminals: z.array(terminalSchema.extend(titled)),
    /** Questions of AI clients that wait for the user. */
    confirmations: z.array(confirmationSchema.extend(titled)),
    kubectl: z.union([kubectlSchema, z.object({ error: plainErrorSchema })]),
    discovery,
    logins,
    sessions,
    endedSessions,
    identities,
    /** Production clusters that open read-only, and are unlocked now. */
    unlocks: z.array(unlockSchema.extend(titled)),
    /** Kubeconfig entries whose requests are not recorded. */
    notAudited: z.array(z.object({ cluster: clusterIdSchema, ...titled, form: z.enum(entryForms) })),
    clientFailures: z.array(clientFailureSchema.extend(titled)),
    notices,
    release,
    publishedCatalog,
    setupPending: z.unknown().optional(),
    /** The last try to reload the configuration, if that failed. */
    setupFailed: organisationViewSchema.shape.failed,
  }),
  discover: operations.discover.output,
  connect: operations.connect.output,
  'connect --dry-run': operations['connect-preview'].output,
  resume: operations.connect.output,
  'resume --dry-run': operations['connect-preview'].output,
  disconnect: operations.disconnect.output,
  remove: operations.forget.output,
  rotate: operations.rotate.output,
  switch: operations.switch.output,
  unlock: operations.unlock.output,
  lock: operations.lock.output,
  contexts: operations.contexts.output,
  'kubeconfig history': operations['kubeconfig-history'].output,
  'kubeconfig diff': operations['kubeconfig-diff'].output,
  'kubeconfig undo': operations['kubeconfig-undo'].output,
  'kubeconfig --for': operations['kubeconfig-file'].output
    .omit({ kubeconfig: true })
    .extend({ file: z.string() }),
  'kubeconfig end': operations['kubeconfig-file-end'].output,
  env: z.object({
    terminal: terminalSchema.extend({ file: z.string() }),
    variables: z.record(z.string(), z.string()),
  }),
  exec: z.object({
    results: z.array(
      z.object({
        cluster: clusterIdSchema,
        context: z.string(),
        namespace: z.string().optional(),
        production: z.literal(true).optional(),
        exitCode: z.int(),
        stdout: z.string(),
        stderr: z.string(),
      }),
    ),
    failed: z.array(z.record(z.string(), z.unknown())),
  }),
  sets: z.object({ sets: z.array(clusterSetSchema) }),
  'sets link': z.object({ link: z.string() }),
  favourites: z.object({
    favourites: z.array(z.object({ cluster: clusterIdSchema, title: z.string() })),
  }),
  doctor: doctorSchema,
  compare: operations.compare.output,
  activity: operations.activity.output,
  audit: z.object({ entries: z.array(auditEntrySchema) }),
  /** Of each line. */
  'audit --follow': auditEntrySchema,
  'audit --metrics': operations['audit-metrics'].output,
  metrics: operations.metrics.output,
  publish: z.object({
    dryRun: z.boolean(),
    published: z.boolean(),
    revision: z.number().optional(),
    publicKey: z.string().optional(),
    clusters: z.int(),
    changes: z.array(
      z.object({
        kind: z.enum(['added', 'changed', 'removed']),
        cluster: clusterIdSchema,
        /** Groups; `*` is everyone. */
        audience: z.array(z.string()),
        before: z.array(z.string()).optional(),
        fields: z.array(z.string()).optional(),
      }),
    ),
    noGroups: z.array(z.object({ cluster: clusterIdSchema, ...titled })),
    files: z.int(),
    failed: z.array(cellSchema),
    unread: z.array(clusterIdSchema),
    kept: z.int(),
    bundles: z.int().optional(),
    sent: z.int().optional(),
    bytes: z.int().optional(),
  }),
  'publish --new-key': z.object({ file: z.string(), publicKey: z.string() }),
  'lint-tags': z.object({
    clusters: z.int(),
    errors: z.int(),
    warnings: z.int(),
    findings: z.array(
      z.object({
        ...ofCluster,
        severity: z.enum(['error', 'warning']),
        kind: z.string(),
        message: z.string(),
        hint: z.string(),
        commands: z.array(z.string()),
      }),
    ),
    failed: z.array(cellSchema),
    unread: z.array(z.object({ cluster: clusterIdSchema, ...titled, reason: z.string().optional() })),
    /** Sources of which nothing was read. */
    missing: z.array(z.string()),
    /** False if something could not be read: the exit code is 7 then, where there are no findings. */
    complete: z.boolean(),
  }),
  tags: z.object({
    cluster: clusterIdSchema,
    ...titled,
    /** With --set and --unset. */
    commands: z.array(z.string()).optional(),
    hint: z.string().optional(),
    /** Without them. */
    tags: z.array(z.object({ field: z.string(), value: z.string(), from: z.string() })).optional(),
    problems: clusterSchema.shape.tagProblems.optional(),
  }),
  setup: z.union([
    z.object({ organisation: organisationViewSchema.nullable() }),
    z.object({ preview: setupPreviewSchema, organisation: organisationViewSchema.nullable() }),
  ]),
  'setup --remove': operations['setup-remove'].output,
  'setup --show': operations['setup-show'].output.extend({ organisation: organisationViewSchema.nullable() }),
  'setup --refresh': operations['setup-refresh'].output,
  'setup --check': z.object({
    source: z.string(),
    /** True if nothing is wrong: the exit code is 0. */
    ok: z.boolean(),
    name: z.string().optional(),
    revision: z.number().optional(),
    signature: z.object({
      state: z.enum(['signed', 'refused', 'unchecked', 'unsigned']),
      key: z.string().optional(),
      message: z.string().optional(),
      fix: z.string().optional(),
    }),
    findings: z.array(z.object({ ...position, field: z.string(), message: z.string(), fix: z.string() })),
    compared: z
      .object({
        name: z.string(),
        place: z.string(),
        revision: z.number().optional(),
        order: z.enum(['newer', 'same', 'same-but-changed', 'older', 'other']),
      })
      .optional(),
    ...setupPreviewSchema.pick({ fields: true, settings: true, remarks: true }).partial().shape,
    addresses: z.array(
      z.object({
        ...position,
        field: z.string(),
        url: z.string(),
        ok: z.boolean(),
        message: z.string(),
        fix: z.string().optional(),
      }),
    ),
  }),
  'setup --sign': z.object({ file: z.string(), publicKeys: z.array(z.string()) }),
  'setup --new-key': z.object({ file: z.string(), publicKey: z.string() }),
  diagnostics: z.object({
    /** Null with --list. */
    file: z.string().nullable(),
    contents: z.array(z.object({ name: z.string(), about: z.string(), bytes: z.int() })),
  }),
  accounts: operations.accounts.output,
  login: operations.login.output,
  logout: operations.logout.output,
  settings: z.record(z.string(), z.unknown()),
  version: z.object({ version: z.string() }),
  'version --all': inventorySchema,
  quit: z.object({ pid: z.number().nullable() }),
} as const;

/** Generates the published JSON Schema of what commands print with `--json`: a definition for each command. */
export function jsonOutputSchema(): Record<string, unknown> {
  const $defs = Object.fromEntries(
    Object.entries(documents).map(([name, schema]) => {
      const { $schema: _, ...definition } = withIsoTimes(
        z.toJSONSchema(schema, { io: 'output', unrepresentable: 'any' }),
      ) as Record<string, unknown>;
      return [name, definition];
    }),
  );
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'What commands of k8s-tunnels print with --json',
    $defs,
  };
}

/** The agent's times are numbers; the command line prints them as ISO 8601. Further fields may be added. */
function withIsoTimes(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(withIsoTimes);
  if (typeof schema !== 'object' || schema === null) return schema;
  // A pattern restricts what is given, and not every reader knows its syntax.
  const {
    additionalProperties,
    properties,
    pattern: _,
    ...rest
  } = schema as Readonly<Record<string, unknown>>;
  const mapped = Object.fromEntries(Object.entries(rest).map(([key, value]) => [key, withIsoTimes(value)]));
  return {
    ...mapped,
    ...(properties === undefined
      ? {}
      : {
          properties: Object.fromEntries(
            Object.entries(properties as Readonly<Record<string, Record<string, unknown>>>).map(
              ([key, value]) => [
                key,
                isTimeKey(key) && value.type === 'number'
                  ? { type: 'string', format: 'date-time' }
                  : withIsoTimes(value),
              ],
            ),
          ),
        }),
    ...(additionalProperties === undefined || additionalProperties === false
      ? {}
      : { additionalProperties: withIsoTimes(additionalProperties) }),
  };
}

if (import.meta.main) {
  await writeFile(jsonOutputFile, JSON.stringify(jsonOutputSchema(), null, 2));
  execFileSync(path.join(root, 'node_modules/.bin/biome'), ['check', '--write', jsonOutputFile]);
  console.log(`wrote ${path.relative(process.cwd(), jsonOutputFile)}`);
}
