import { z } from 'zod';
import { plainErrorSchema } from './error-schema.ts';
import { sources } from './sources.ts';

/** Where a cluster was found. */
const sourceSchema = z.enum(sources);
export type Source = z.infer<typeof sourceSchema>;

/**
 * `<source>/<account, project, subscription or Vault mount>/<region or folder>/<name>`, each part URI-encoded (the name
 * in AKS is that of the resource group too, `<group>/<name>` in lower case):
 * stable for the cluster's life, never the display name.
 */
export const clusterIdSchema = z
  .string()
  .regex(/^[a-z]+\/[^/]*\/[^/]*\/[^/]+$/)
  .brand<'ClusterId'>();
export type ClusterId = z.infer<typeof clusterIdSchema>;

/** Makes the id from its parts. */
export function clusterId(source: Source, account: string, region: string, name: string): ClusterId {
  return [source, account, region, name].map(encoded).join('/') as ClusterId;
}

/** One thing wrong with a cluster's tags; the cluster stays listed. */
const tagProblemSchema = z.object({
  /** The tag's key as it stands at the source, for example `k8s-tunnels-origin`. */
  key: z.string(),
  message: z.string(),
  hint: z.string(),
});
export type TagProblem = z.infer<typeof tagProblemSchema>;

/** How the API server is reached. */
const reachSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('tunnel'),
    /** The Access application's host name, lower case, with a port only when it is not 443. */
    hostname: z.string(),
    /** What stands behind the application: a SOCKS5 server, or raw TCP to one target. */
    origin: z.enum(['socks', 'tcp']),
    /** `host:port` for an application in bastion mode. */
    destination: z.string().optional(),
  }),
  /** Its tag says that the API is reachable with no tunnel. */
  z.object({ kind: z.literal('direct') }),
  z.object({
    kind: z.literal('none'),
    /** Why not: the tag that is missing or invalid, and what to set. */
    reason: z.string(),
  }),
]);
export type Reach = z.infer<typeof reachSchema>;

/** A way into an AWS account. */
const awsWaySchema = z.discriminatedUnion('kind', [
  /** A profile of the AWS configuration; an empty name is the environment's own login. */
  z.object({ kind: z.literal('profile'), name: z.string() }),
  /** A role that IAM Identity Center grants; `session` is the `sso-session`, or the start URL where it has no name. */
  z.object({ kind: z.literal('sso'), session: z.string(), account: z.string(), role: z.string() }),
]);
export type AwsWay = z.infer<typeof awsWaySchema>;

/** What the kubeconfig user becomes. Holds where a secret is, never the secret. */
const credentialSourceSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('eks'),
    /** The name DescribeCluster knows it by: the signed `x-k8s-aws-id`. */
    cluster: z.string(),
    region: z.string(),
    /** What reaches it, best first. */
    ways: z.array(awsWaySchema).min(1),
  }),
  z.object({
    kind: z.literal('aks'),
    /** The tenant through which it was found. */
    tenant: z.string(),
    subscription: z.string(),
    resourceGroup: z.string(),
    cluster: z.string(),
    /** Whom its API knows: people of a tenant, by tokens of a server application, or its own client certificates. */
    login: z.discriminatedUnion('kind', [
      z.object({ kind: z.literal('entra'), tenant: z.string(), application: z.string() }),
      z.object({ kind: z.literal('client-certificate') }),
    ]),
  }),
  /** The application-default credentials, whoever's they are by then. */
  z.object({ kind: z.literal('gke') }),
  z.object({
    kind: z.literal('vault'),
    /** `VAULT_ADDR` it was read from. */
    address: z.string(),
    /** Where the mount names one; `VAULT_NAMESPACE` counts where it does not. */
    namespace: z.string().optional(),
    /** Of the KV mount. */
    version: z.union([z.literal(1), z.literal(2)]),
    mount: z.string(),
    path: z.string(),
    /** What the secret holds: `token`, or `client-certificate-data` with `client-key-data`. */
    holds: z.enum(['token', 'client-certificate']),
  }),
  /** People's own id tokens, of an issuer that the cluster's API server trusts. */
  z.object({
    kind: z.literal('oidc'),
    issuer: z.string(),
    clientId: z.string(),
    /** Besides `openid`; `OidcIssuer` has the usual ones. */
    scopes: z.array(z.string()).optional(),
    /** Where the issuer sends the browser back to one port only. */
    port: z.number().optional(),
  }),
  /** A list of clusters, which says of this one where its credential is. */
  z.object({ kind: z.literal('file'), file: z.string(), cluster: z.string() }),
]);
export type CredentialSource = z.infer<typeof credentialSourceSchema>;

/** A cluster as the catalog knows it. */
export const clusterSchema = z.object({
  id: clusterIdSchema,
  source: sourceSchema,
  /** Account id, project, subscription or Vault address: what the source calls it. */
  account: z.string(),
  /** What people call the account, where the source tells it: of an AWS account or an Azure subscription. */
  accountName: z.string().optional(),
  region: z.string(),
  /** The name at the source. */
  name: z.string(),
  /** The name people see: the `name` tag, else the name at the source. Not unique. */
  title: z.string(),
  /** `https://host[:port]` of the API server as the source gives it. */
  server: z.string(),
  /** Base64 of the CA's PEM, as kubeconfig's `certificate-authority-data` wants it. */
  certificateAuthorityData: z.string().optional(),
  /** SNI and verification name, where it is not the server's host. */
  serverName: z.string().optional(),
  version: z.string().optional(),
  /** The source's own word for it, for example `ACTIVE`. */
  status: z.string().optional(),
  environment: z.string().optional(),
  /** Where the organisation says which environments are production: whether this one is. */
  production: z.boolean().optional(),
  group: z.string().optional(),
  namespace: z.string().optional(),
  /** What its tag wants to carry its connections. */
  connector: z.enum(['auto', 'builtin', 'cloudflared', 'direct']).optional(),
  owner: z.string().optional(),
  description: z.string().optional(),
  docs: z.string().optional(),
  reach: reachSchema,
  credential: credentialSourceSchema.optional(),
  tagProblems: z.array(tagProblemSchema),
  /** Ours among its tags, as they stand at the source. */
  tags: z.record(z.string(), z.string()).optional(),
  /** What their keys begin with, where it is not the usual prefix. */
  tagPrefix: z.string().optional(),
  /** When it was last read from its source, ms since the epoch. */
  seenAt: z.number(),
  /** True when its cell failed the last time: what stands here is what was known before. */
  stale: z.boolean(),
});
export type Cluster = z.infer<typeof clusterSchema>;

/**
 * A cell is the unit of discovery: one account (or Vault mount) in one region (or folder). It is listed whole or it
 * failed, and only a complete listing removes clusters.
 */
export const cellSchema = z.object({
  /** `<source>/<account>/<region>`, parts URI-encoded: the prefix of the ids of its clusters. */
  id: z.string(),
  source: sourceSchema,
  account: z.string(),
  /** As of its clusters. */
  accountName: z.string().optional(),
  region: z.string(),
  /** When it was last listed completely, ms since the epoch; undefined if never. */
  readAt: z.number().optional(),
  /** When the last try failed, ms since the epoch. */
  triedAt: z.number().optional(),
  /** Why the last try failed. `aws-region-disabled` is an answer, not a failure to show. */
  error: plainErrorSchema.optional(),
});
export type Cell = z.infer<typeof cellSchema>;

/** The id of a cell, and the prefix (before the next `/`) of its clusters' ids. */
export function cellId(source: Source, account: string, region: string): string {
  return [source, account, region].map(encoded).join('/');
}

/** Half of a character, which JSON and YAML can name, has no encoding. */
function encoded(part: string): string {
  return encodeURIComponent(part.toWellFormed());
}
