import { z } from 'zod';
import { plainErrorSchema } from '../error-schema.ts';

/** Where a cluster was found. */
export const sourceSchema = z.enum(['eks', 'gke', 'aks', 'vault', 'file']);
export type Source = z.infer<typeof sourceSchema>;

/**
 * `<source>/<account, project, subscription or Vault mount>/<region or folder>/<name>`, each part URI-encoded:
 * stable for the cluster's life, never the display name.
 */
export const clusterIdSchema = z
  .string()
  .regex(/^[a-z]+\/[^/]*\/[^/]*\/[^/]+$/)
  .brand<'ClusterId'>();
export type ClusterId = z.infer<typeof clusterIdSchema>;

/** Makes the id from its parts. */
export function clusterId(source: Source, account: string, region: string, name: string): ClusterId {
  return [source, account, region, name].map(encodeURIComponent).join('/') as ClusterId;
}

/** One thing wrong with a cluster's tags; the cluster stays listed. */
export const tagProblemSchema = z.object({
  /** The tag's key as it stands at the source, for example `k8s-tunnels-origin`. */
  key: z.string(),
  message: z.string(),
  hint: z.string(),
});
export type TagProblem = z.infer<typeof tagProblemSchema>;

/** How the API server is reached. */
export const reachSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('tunnel'),
    /** The Access application's host name, lower case, with a port only when it is not 443. */
    hostname: z.string(),
    /** What stands behind the application: a SOCKS5 server, or raw TCP to one target. */
    origin: z.enum(['socks', 'tcp']),
    /** `host:port` for an application in bastion mode. */
    destination: z.string().optional(),
  }),
  z.object({
    kind: z.literal('none'),
    /** Why not: the tag that is missing or invalid, and what to set. */
    reason: z.string(),
  }),
]);
export type Reach = z.infer<typeof reachSchema>;

/** What the kubeconfig user becomes. Holds where a secret is, never the secret. */
export const credentialSourceSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('eks'),
    /** The name DescribeCluster knows it by: the signed `x-k8s-aws-id`. */
    cluster: z.string(),
    region: z.string(),
    /** Profiles of the AWS configuration that reach it, best first; an empty name is the environment's own login. */
    profiles: z.array(z.string()).min(1),
  }),
  z.object({
    kind: z.literal('vault'),
    /** `VAULT_ADDR` it was read from. */
    address: z.string(),
    mount: z.string(),
    path: z.string(),
    /** What the secret holds: `token`, or `client-certificate-data` with `client-key-data`. */
    holds: z.enum(['token', 'client-certificate']),
  }),
]);
export type CredentialSource = z.infer<typeof credentialSourceSchema>;

/** A cluster as the catalog knows it. */
export const clusterSchema = z.object({
  id: clusterIdSchema,
  source: sourceSchema,
  /** Account id, project, subscription or Vault address: what the source calls it. */
  account: z.string(),
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
  group: z.string().optional(),
  namespace: z.string().optional(),
  owner: z.string().optional(),
  description: z.string().optional(),
  docs: z.string().optional(),
  reach: reachSchema,
  credential: credentialSourceSchema.optional(),
  tagProblems: z.array(tagProblemSchema),
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
  region: z.string(),
  /** When it was last listed completely, ms since the epoch; undefined if never. */
  readAt: z.number().optional(),
  /** Why the last try failed. `aws-region-disabled` is an answer, not a failure to show. */
  error: plainErrorSchema.optional(),
});
export type Cell = z.infer<typeof cellSchema>;

/** The id of a cell, and the prefix (before the next `/`) of its clusters' ids. */
export function cellId(source: Source, account: string, region: string): string {
  return [source, account, region].map(encodeURIComponent).join('/');
}
