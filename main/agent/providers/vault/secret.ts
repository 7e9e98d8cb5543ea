import { z } from 'zod';
import { defaultTagPrefix } from '../../../model/tag-prefix.ts';
import { readKubeconfigContext } from '../../cluster-fields/kubeconfig-context.ts';
import { type OidcReading, readOidcFields, readOidcUser } from '../../cluster-fields/oidc.ts';

const text = z.string().min(1).optional().catch(undefined);

/**
 * The data of a cluster's secret: kubeconfig's own fields, or a whole kubeconfig as `kubeconfig`, whose current context
 * then provides them, and the fields of `oidcFields`. Other fields are ignored.
 */
const secretDataSchema = z.object({
  server: text,
  'certificate-authority-data': text,
  'tls-server-name': text,
  token: text,
  'client-certificate-data': text,
  'client-key-data': text,
  kubeconfig: text,
});
export type SecretData = Omit<z.infer<typeof secretDataSchema>, 'kubeconfig'> & {
  /** Whether there is an unusable `kubeconfig`. */
  readonly brokenKubeconfig: boolean;
  /** How users sign in to the cluster with their own identity. */
  readonly oidc: OidcReading | undefined;
};

/** KV v2 wraps the data and adds the custom metadata; v1 is only the data. */
const answerSchema = z.object({ data: z.record(z.string(), z.unknown()) });
const wrappedSchema = z.object({
  data: z.record(z.string(), z.unknown()).nullable(),
  metadata: z.object({ custom_metadata: z.record(z.string(), z.string()).nullish() }),
});

/** Returns undefined if the answer holds no secret: its newest version was deleted. */
export function secretFrom(
  version: 1 | 2,
  answer: unknown,
  tagPrefix: string = defaultTagPrefix,
): { readonly data: SecretData; readonly tags: Readonly<Record<string, string>> } | undefined {
  const outer = answerSchema.safeParse(answer);
  if (!outer.success) return undefined;
  if (version === 1) return { data: dataFrom(outer.data.data), tags: tagsIn(outer.data.data, tagPrefix) };
  const wrapped = wrappedSchema.safeParse(outer.data.data);
  if (!wrapped.success || wrapped.data.data === null) return undefined;
  const { data, metadata } = wrapped.data;
  return { data: dataFrom(data), tags: { ...tagsIn(data, tagPrefix), ...metadata.custom_metadata } };
}

/**
 * Returns our tags from the data: version 1 has no custom metadata. Those under the default prefix are for `lint-tags`; no
 * other field of a secret is taken for a tag.
 */
function tagsIn(
  data: Readonly<Record<string, unknown>>,
  tagPrefix: string,
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(data).filter(
      (entry): entry is [string, string] =>
        [tagPrefix, defaultTagPrefix].some((prefix) => entry[0].toLowerCase().startsWith(prefix)) &&
        typeof entry[1] === 'string',
    ),
  );
}

function dataFrom(raw: Readonly<Record<string, unknown>>): SecretData {
  const { kubeconfig, ...said } = secretDataSchema.parse(raw);
  const own = { ...said, oidc: readOidcFields(raw), brokenKubeconfig: false };
  if (kubeconfig === undefined) return own;
  const decoded = kubeconfig.includes('clusters')
    ? kubeconfig
    : Buffer.from(kubeconfig, 'base64').toString('utf8');
  const context = readKubeconfigContext(decoded);
  if (context === undefined) return { ...own, brokenKubeconfig: true };
  const { cluster } = context;
  // The secret's own fields take precedence. If it has an OIDC login, ignore the context's credentials.
  const user = own.oidc === undefined ? context.user : {};
  return {
    ...own,
    server: own.server ?? cluster.server,
    'certificate-authority-data': own['certificate-authority-data'] ?? cluster['certificate-authority-data'],
    'tls-server-name': own['tls-server-name'] ?? cluster['tls-server-name'],
    token: own.token ?? user.token,
    'client-certificate-data': own['client-certificate-data'] ?? user['client-certificate-data'],
    'client-key-data': own['client-key-data'] ?? user['client-key-data'],
    oidc: own.oidc ?? readOidcUser(user),
  };
}

/** Returns the kind of credential that the secret itself holds. */
export function heldCredential(data: SecretData): 'token' | 'client-certificate' | undefined {
  if (data.token !== undefined) return 'token';
  return data['client-certificate-data'] !== undefined && data['client-key-data'] !== undefined
    ? 'client-certificate'
    : undefined;
}
