import { parse } from 'yaml';
import { z } from 'zod';

const text = z.string().min(1).optional().catch(undefined);

export const execSchema = z.object({
  command: z.string().min(1),
  args: z.array(z.string()).nullish(),
  env: z.array(z.object({ name: z.string(), value: z.string() })).nullish(),
  apiVersion: z.string().optional(),
});
/** A credential plugin in a kubeconfig. */
export type ExecPlugin = z.infer<typeof execSchema>;

/** A login that was built into older clients. */
const authProviderSchema = z.object({
  name: z.string(),
  config: z.record(z.string(), z.string()),
});

const clusterSchema = z.object({
  server: text,
  'certificate-authority': text,
  'certificate-authority-data': text,
  'tls-server-name': text,
});
const userSchema = z.object({
  token: text,
  tokenFile: text,
  'client-certificate': text,
  'client-certificate-data': text,
  'client-key': text,
  'client-key-data': text,
  exec: execSchema.optional().catch(undefined),
  'auth-provider': authProviderSchema.optional().catch(undefined),
});
const named = z.object({ name: z.string() });
const kubeconfigSchema = z.object({
  'current-context': z.string().nullish(),
  clusters: z.array(named.extend({ cluster: clusterSchema })),
  contexts: z.array(named.extend({ context: z.object({ cluster: z.string(), user: z.string() }) })),
  users: z.array(named.extend({ user: userSchema })),
});

/** The cluster and user of one context, in kubeconfig's own fields. */
export interface KubeconfigContext {
  readonly cluster: z.infer<typeof clusterSchema>;
  readonly user: z.infer<typeof userSchema>;
}

/** A kubeconfig of 1,000 clusters with their CA certificates has 3 MB. Parsed YAML takes 50 times its length. */
const longestYaml = 4 * 1024 * 1024;

/**
 * Parses YAML from an untrusted source. Returns undefined if it is not YAML, is longer than 4 MB, or has aliases that
 * would multiply it. Reports no reason: the parser's messages quote the text, which may be a secret.
 */
export function parseForeignYaml(content: string): unknown {
  if (content.length > longestYaml) return undefined;
  try {
    return parse(content, { logLevel: 'silent', maxAliasCount: 100 });
  } catch {
    return undefined;
  }
}

/**
 * Reads a context; without a name, the current or the only one. Returns undefined if there is none, or if the text is
 * not a kubeconfig. Keeps its content out of every message.
 */
export function readKubeconfigContext(content: string, name?: string): KubeconfigContext | undefined {
  const raw = parseForeignYaml(content);
  const config = kubeconfigSchema.safeParse(raw);
  if (!config.success) return undefined;
  const { contexts, clusters, users } = config.data;
  const wanted =
    name ?? (config.data['current-context'] || (contexts.length === 1 ? contexts[0]?.name : undefined));
  const context = contexts.find((one) => one.name === wanted)?.context;
  const cluster = clusters.find((one) => one.name === context?.cluster)?.cluster;
  const user = users.find((one) => one.name === context?.user)?.user;
  return cluster === undefined || user === undefined ? undefined : { cluster, user };
}
