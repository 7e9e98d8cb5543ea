import { z } from 'zod';
import { entryForms, execApiVersions } from './entry-form.ts';
import { plainErrorSchema } from './error-schema.ts';
import { sources } from './sources.ts';

/** The source of a cluster. */
const sourceSchema = z.enum(sources);
export type Source = z.infer<typeof sourceSchema>;

/** The source of a location: that of its clusters, or the organisation's catalog, whose own location has no clusters. */
const cellSourceSchema = z.enum([...sources, 'catalog']);
export type CellSource = z.infer<typeof cellSourceSchema>;

/**
 * `<source>/<account, project, subscription or Vault mount>/<region or folder>/<name>`, each part URI-encoded (the name
 * in AKS is that of the resource group too, `<group>/<name>` in lower case):
 * stable for the cluster's life, never the display name.
 */
export const clusterIdSchema = z
  .string()
  .regex(
    /^[a-z]+\/[^/]*\/[^/]*\/[^/]+$/,
    'must be the id of a cluster, such as eks/111122223333/eu-west-1/payments',
  )
  .brand<'ClusterId'>();
export type ClusterId = z.infer<typeof clusterIdSchema>;

/** Builds the id from its parts. */
export function clusterId(source: Source, account: string, region: string, name: string): ClusterId {
  return [source, account, region, name].map(encoded).join('/') as ClusterId;
}

/** A problem with a cluster's tags. The cluster stays listed. */
const tagProblemSchema = z.object({
  /** The tag's key at the source, for example `k8s-tunnels-origin`. */
  key: z.string(),
  message: z.string(),
  hint: z.string(),
});
export type TagProblem = z.infer<typeof tagProblemSchema>;

/** How to reach the API server. */
const reachSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('tunnel'),
    /** The Access application's hostname in lower case, with a port only if it is not 443. */
    hostname: z.string(),
    /** The application's origin: a SOCKS5 server, raw TCP to one target, or the API itself as a web application. */
    origin: z.enum(['socks', 'tcp', 'https']),
    /** `host:port`, for an application in bastion mode. */
    destination: z.string().optional(),
  }),
  /** Reachable without a tunnel, by its tag. */
  z.object({ kind: z.literal('direct') }),
  z.object({
    kind: z.literal('none'),
    /** Why: the missing or invalid tag, and what to set. */
    reason: z.string(),
  }),
]);
export type Reach = z.infer<typeof reachSchema>;

/** A login for an AWS account. */
const awsWaySchema = z.discriminatedUnion('kind', [
  /** A profile of the AWS configuration. An empty name means the environment's credentials. */
  z.object({ kind: z.literal('profile'), name: z.string() }),
  /** A role of IAM Identity Center. `session` is the `sso-session`, or the start URL without one. */
  z.object({ kind: z.literal('sso'), session: z.string(), account: z.string(), role: z.string() }),
]);
export type AwsWay = z.infer<typeof awsWaySchema>;

/** How the kubeconfig user gets its credential. Contains the location of a secret, never the secret. */
const credentialSourceSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('eks'),
    /** The cluster's name in DescribeCluster: the signed `x-k8s-aws-id`. */
    cluster: z.string(),
    region: z.string(),
    /** Logins that can access it, best first. Empty for one of the organisation's catalog: the credential looks for them. */
    ways: z.array(awsWaySchema),
  }),
  z.object({
    kind: z.literal('aks'),
    /** The tenant in which it was discovered. */
    tenant: z.string(),
    subscription: z.string(),
    resourceGroup: z.string(),
    cluster: z.string(),
    /** How its API authenticates: users of a tenant, with tokens for a server application, or client certificates. */
    login: z.discriminatedUnion('kind', [
      z.object({ kind: z.literal('entra'), tenant: z.string(), application: z.string() }),
      z.object({ kind: z.literal('client-certificate') }),
    ]),
  }),
  /** Google's credentials on this computer at that time, of any user. */
  z.object({
    kind: z.literal('gke'),
    /** The account that lists it, if not the only one: an email address, or `application-default`. */
    account: z.string().optional(),
  }),
  z.object({
    kind: z.literal('vault'),
    /** The `VAULT_ADDR` of its secret. */
    address: z.string(),
    /** The mount's namespace. Absent: `VAULT_NAMESPACE`. */
    namespace: z.string().optional(),
    /** The version of the KV mount. */
    version: z.union([z.literal(1), z.literal(2)]),
    mount: z.string(),
    path: z.string(),
    /** The secret's fields: `token`, or `client-certificate-data` with `client-key-data`. */
    holds: z.enum(['token', 'client-certificate']),
  }),
  /** The user's ID token, of an issuer that the cluster's API server trusts. */
  z.object({
    kind: z.literal('oidc'),
    issuer: z.string(),
    clientId: z.string(),
    /** Scopes besides `openid`. `OidcIssuer` has the defaults. */
    scopes: z.array(z.string()).optional(),
    /** The redirect port, for an issuer that allows only one. */
    port: z.number().optional(),
  }),
  /** A cluster file, which names the location of the credential. */
  z.object({ kind: z.literal('file'), file: z.string(), cluster: z.string() }),
]);
export type CredentialSource = z.infer<typeof credentialSourceSchema>;

/** A cluster in the catalog. */
export const clusterSchema = z.object({
  id: clusterIdSchema,
  source: sourceSchema,
  /** The source's account id, project, subscription or Vault address. */
  account: z.string(),
  /** The display name of an AWS account or an Azure subscription, if known. */
  accountName: z.string().optional(),
  region: z.string(),
  /** The name at the source. */
  name: z.string(),
  /** The displayed name: the `name` tag, otherwise the name at the source. Not unique. */
  title: z.string(),
  /** `https://host[:port][/path]` of the API server, from the source. */
  server: z.string(),
  /** Base64 of the CA's PEM, as in kubeconfig's `certificate-authority-data`. */
  certificateAuthorityData: z.string().optional(),
  /** The name for SNI and verification, if it is not the server's host. */
  serverName: z.string().optional(),
  /** Which of its source's endpoints to use, by its tag; without one the private one if there is one. */
  endpoint: z.enum(['private', 'public']).optional(),
  /** Another hostname of the same API server, for a tunnel whose far end does not know the first one. */
  otherHost: z.string().optional(),
  /** The AWS role or profile to sign in with, by its tag. */
  role: z.string().optional(),
  version: z.string().optional(),
  /** The source's status, for example `ACTIVE`. */
  status: z.string().optional(),
  environment: z.string().optional(),
  /** True for production. Set only if the organisation defines which environments are production. */
  production: z.boolean().optional(),
  group: z.string().optional(),
  namespace: z.string().optional(),
  /** The connector from its tag. */
  connector: z.enum(['auto', 'builtin', 'cloudflared', 'direct']).optional(),
  /** What the organisation decides for it, where its tags say nothing. */
  byOrganisation: z
    .object({
      /** The rule that matches it, counted from 1. Absent: its defaults. */
      rule: z.int().min(1).optional(),
      connector: z.enum(['auto', 'builtin', 'cloudflared', 'direct']).optional(),
      entryForm: z.enum(entryForms).optional(),
      execApiVersion: z.enum(execApiVersions).optional(),
      namespace: z.string().optional(),
    })
    .optional(),
  /** The form of its kubeconfig entry, from its tag. */
  entryForm: z.enum(entryForms).optional(),
  /** The exec credential API in its kubeconfig entry, from its tag. */
  execApiVersion: z.enum(execApiVersions).optional(),
  owner: z.string().optional(),
  description: z.string().optional(),
  docs: z.string().optional(),
  reach: reachSchema,
  credential: credentialSourceSchema.optional(),
  tagProblems: z.array(tagProblemSchema),
  /** Our tags, as they are at the source. */
  tags: z.record(z.string(), z.string()).optional(),
  /** The prefix of their keys, if not the default. */
  tagPrefix: z.string().optional(),
  /** All other tags at the source, for the search. */
  otherTags: z.record(z.string(), z.string()).optional(),
  /** The last time its source listed it, ms since the epoch. */
  seenAt: z.number(),
  /** True if its location failed the last time: this is the last known state. */
  stale: z.boolean(),
  /** True if its source lists it, and denied its details: nothing of its tags is known. */
  unread: z.literal(true).optional(),
});
export type Cluster = z.infer<typeof clusterSchema>;

/**
 * A location, the unit of discovery: one account (or Vault mount) in one region (or folder). Listing it succeeds
 * completely or fails, and only a complete listing removes clusters.
 */
export const cellSchema = z.object({
  /** `<source>/<account>/<region>`, parts URI-encoded: the prefix of the ids of its clusters. */
  id: z.string(),
  source: cellSourceSchema,
  account: z.string(),
  /** As in its clusters. */
  accountName: z.string().optional(),
  region: z.string(),
  /** The last complete listing, ms since the epoch. Undefined if never. */
  readAt: z.number().optional(),
  /** The time of the last failure, ms since the epoch. */
  triedAt: z.number().optional(),
  /** Why the last attempt failed. `aws-region-disabled` is not shown as a failure. */
  error: plainErrorSchema.optional(),
  /** True while only shells with variables that the agent does not have could read it. */
  shell: z.literal(true).optional(),
  /** True if the organisation's catalog listed it last. */
  published: z.literal(true).optional(),
});
export type Cell = z.infer<typeof cellSchema>;

/** Returns the id of a location, which is the prefix (before the next `/`) of its clusters' ids. */
export function cellId(source: CellSource, account: string, region: string): string {
  return [source, account, region].map(encoded).join('/');
}

/** Replaces lone surrogates, which JSON and YAML can express but URIs cannot encode. */
function encoded(part: string): string {
  return encodeURIComponent(part.toWellFormed());
}
