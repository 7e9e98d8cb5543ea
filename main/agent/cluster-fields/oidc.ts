import { z } from 'zod';
import type { CredentialSource, TagProblem } from '../../model/cluster.ts';
import type { KubeconfigContext } from './kubeconfig-context.ts';

export type OidcSource = Extract<CredentialSource, { kind: 'oidc' }>;

/** How users sign in to a cluster, or why they cannot. */
export type OidcReading =
  | { readonly kind: 'read'; readonly source: OidcSource }
  | { readonly kind: 'broken'; readonly problems: readonly TagProblem[] };

const scopeWord = /^[\x21\x23-\x5b\x5d-\x7e]+$/;

/** Field names as in the flags of kube-apiserver and kubelogin. */
export const oidcFields = {
  'oidc-issuer-url': z
    .string('must be text')
    .refine(isIssuer, 'must be the https:// address of an issuer, with no user name, query or fragment'),
  // RFC 6749, A.1.
  'oidc-client-id': z.string('must be text').regex(/^[\x20-\x7e]+$/, 'must be text of printable ASCII'),
  /** In addition to `openid`. A list, or words separated by commas or blanks. */
  'oidc-extra-scopes': z
    .union([z.string(), z.array(z.string())], 'must be a list of scopes')
    .transform(scopesIn)
    .refine((scopes) => scopes.every((scope) => scopeWord.test(scope)), 'must be a list of scopes')
    .optional(),
  'oidc-redirect-port': z.coerce
    .number('must be the number of a port')
    .int('must be the number of a port')
    .min(1, 'must be the number of a port')
    .max(65_535, 'must be the number of a port')
    .optional(),
} as const;
const fieldsSchema = z.object(oidcFields);

/** Returns the source that the fields describe. */
export function oidcSource(fields: z.output<typeof fieldsSchema>): OidcSource {
  const { 'oidc-extra-scopes': scopes, 'oidc-redirect-port': port } = fields;
  return {
    kind: 'oidc',
    issuer: fields['oidc-issuer-url'],
    clientId: fields['oidc-client-id'],
    ...(scopes === undefined ? {} : { scopes }),
    ...(port === undefined ? {} : { port }),
  };
}

/** Reads the fields of a secret; undefined if it has none of them. */
export function readOidcFields(raw: Readonly<Record<string, unknown>>): OidcReading | undefined {
  if (!Object.keys(oidcFields).some((field) => raw[field] !== undefined)) return undefined;
  const parsed = fieldsSchema.safeParse(raw);
  if (parsed.success) return { kind: 'read', source: oidcSource(parsed.data) };
  return {
    kind: 'broken',
    problems: parsed.error.issues.map(({ path: [field = ''], message }) => ({
      key: String(field),
      message: `${String(field)} of the secret ${raw[String(field)] === undefined ? 'is missing' : message}.`,
      hint: 'Set oidc-issuer-url and oidc-client-id to the values of the flags of the cluster’s API server.',
    })),
  };
}

/**
 * Reads a kubeconfig user: an exec of int128/kubelogin (`kubectl oidc-login get-token`), or the auth-provider `oidc` of
 * older clients. Undefined if it is neither, or uses a login that only the plugin supports.
 */
export function readOidcUser(user: Partial<KubeconfigContext['user']>): OidcReading | undefined {
  const { exec, 'auth-provider': provider } = user;
  if (provider?.name === 'oidc') {
    const { 'idp-issuer-url': issuer, 'client-id': clientId, 'client-secret': secret } = provider.config;
    return readUser({ issuer, clientId, secret, scopes: provider.config['extra-scopes'], port: undefined });
  }
  if (exec === undefined || !isKubelogin(exec)) return undefined;
  const flags = flagsOf(exec.args ?? []);
  const one = (name: string) => flags.get(name)?.at(-1);
  if (!['auto', 'authcode', 'authcode-keyboard', 'device-code'].includes(one('grant-type') ?? 'auto'))
    return undefined;
  return readUser({
    issuer: one('oidc-issuer-url'),
    clientId: one('oidc-client-id'),
    secret: one('oidc-client-secret'),
    // kubelogin requests no scopes other than those in its flags.
    scopes: flags.get('oidc-extra-scope') ?? [],
    port: Number(/:(\d+)$/.exec(flags.get('listen-address')?.[0] ?? '')?.[1] ?? kubeloginPort),
  });
}

/** The default port of kubelogin, and so the port of its application's redirect address. */
const kubeloginPort = 8000;

function readUser(said: {
  readonly issuer: string | undefined;
  readonly clientId: string | undefined;
  readonly secret: string | undefined;
  readonly scopes: string | readonly string[] | undefined;
  readonly port: number | undefined;
}): OidcReading {
  const broken = (message: string): OidcReading => ({
    kind: 'broken',
    problems: [
      {
        key: 'kubeconfig',
        message: `The user of the kubeconfig ${message}.`,
        hint: 'Correct it, or add oidc-issuer-url and oidc-client-id.',
      },
    ],
  });
  // A client secret on every user's computer would not be secret.
  if ((said.secret ?? '') !== '')
    return broken('signs in with a client secret, where k8s-tunnels signs in as a public client (PKCE)');
  const parsed = fieldsSchema.safeParse({
    'oidc-issuer-url': said.issuer,
    'oidc-client-id': said.clientId,
    'oidc-extra-scopes': said.scopes,
    'oidc-redirect-port': said.port,
  });
  if (parsed.success) return { kind: 'read', source: oidcSource(parsed.data) };
  const field = String(parsed.error.issues[0]?.path[0] ?? '');
  return broken(`has no usable ${field.replace('oidc-', '').replaceAll('-', ' ')} of OpenID Connect`);
}

function isKubelogin({
  command,
  args,
}: {
  readonly command: string;
  readonly args?: string[] | null | undefined;
}) {
  const program = command.replace(/^.*[\\/]/, '').replace(/\.exe$/i, '');
  const words = args ?? [];
  const [first] = words;
  return (
    words.some((word) => word.startsWith('--oidc-issuer-url')) &&
    (program === 'kubectl' || program === 'oc'
      ? first === 'oidc-login' && words.includes('get-token')
      : first === 'get-token')
  );
}

/** Parses `--name=value` and `--name value`, in order. */
function flagsOf(args: readonly string[]): ReadonlyMap<string, readonly string[]> {
  const flags = new Map<string, string[]>();
  args.forEach((word, at) => {
    const [, name, value = args[at + 1]] = /^--([\w-]+)(?:=(.*))?$/s.exec(word) ?? [];
    if (name !== undefined && value !== undefined) flags.set(name, [...(flags.get(name) ?? []), value]);
  });
  return flags;
}

function scopesIn(text: string | readonly string[]): string[] {
  const words = (typeof text === 'string' ? [text] : text).flatMap((one) => one.split(/[\s,]+/));
  return [...new Set(words.filter((word) => word !== '' && word !== 'openid'))];
}

/** An issuer by the rules of OpenID Connect. */
function isIssuer(text: string): boolean {
  const url = URL.parse(text);
  if (url === null || url.username !== '' || url.password !== '' || /[?#]/.test(text)) return false;
  return url.protocol === 'https:' || (url.protocol === 'http:' && isThisComputer(url));
}

/** Plain http is allowed only to this computer. */
export function isThisComputer({ hostname }: URL): boolean {
  return ['127.0.0.1', 'localhost', '[::1]'].includes(hostname);
}
