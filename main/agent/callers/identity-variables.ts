import path from 'node:path';
import type { Source } from '../../model/cluster.ts';
import type { Environment } from '../parts.ts';
import { withKnownNames } from './variable-names.ts';

type Use =
  /** A secret, or meaningless without one: stays in memory. */
  | 'secret'
  /** Decides whose credentials are used. */
  | 'identity'
  /** The same, by a file or a folder. */
  | 'identity-path'
  /** Decides which servers are asked, and which are trusted. */
  | 'address'
  | 'address-path';

/** The variables that our providers read, by the source of clusters that they lead to. */
const groups = {
  eks: {
    AWS_ACCESS_KEY_ID: 'secret',
    AWS_SECRET_ACCESS_KEY: 'secret',
    AWS_SESSION_TOKEN: 'secret',
    AWS_CREDENTIAL_EXPIRATION: 'secret',
    AWS_ACCOUNT_ID: 'secret',
    AWS_CONTAINER_AUTHORIZATION_TOKEN: 'secret',
    AWS_PROFILE: 'identity',
    AWS_ROLE_ARN: 'identity',
    AWS_ROLE_SESSION_NAME: 'identity',
    AWS_CONTAINER_CREDENTIALS_FULL_URI: 'identity',
    AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: 'identity',
    AWS_CONFIG_FILE: 'identity-path',
    AWS_SHARED_CREDENTIALS_FILE: 'identity-path',
    AWS_WEB_IDENTITY_TOKEN_FILE: 'identity-path',
    AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: 'identity-path',
    AWS_LOGIN_CACHE_DIRECTORY: 'identity-path',
    AWS_REGION: 'address',
    AWS_DEFAULT_REGION: 'address',
    AWS_ENDPOINT_URL: 'address',
    AWS_ENDPOINT_URL_ACCOUNT: 'address',
    AWS_ENDPOINT_URL_EKS: 'address',
    AWS_ENDPOINT_URL_SSO: 'address',
    AWS_ENDPOINT_URL_SSO_OIDC: 'address',
    AWS_ENDPOINT_URL_STS: 'address',
    AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: 'address',
  },
  aks: {
    AZURE_CLIENT_SECRET: 'secret',
    AZURE_CLIENT_CERTIFICATE_PASSWORD: 'secret',
    AZURE_TENANT_ID: 'identity',
    AZURE_CLIENT_ID: 'identity',
    AZURE_CLIENT_CERTIFICATE_PATH: 'identity-path',
    AZURE_FEDERATED_TOKEN_FILE: 'identity-path',
    AZURE_CONFIG_DIR: 'identity-path',
    AZD_CONFIG_DIR: 'identity-path',
    AZURE_AUTHORITY_HOST: 'address',
  },
  gke: {
    GOOGLE_APPLICATION_CREDENTIALS: 'identity-path',
    GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES: 'identity',
    GOOGLE_CLOUD_PROJECT: 'identity',
    GOOGLE_CLOUD_QUOTA_PROJECT: 'identity',
    CLOUDSDK_CONFIG: 'identity-path',
    CLOUDSDK_ACTIVE_CONFIG_NAME: 'identity',
    CLOUDSDK_CORE_PROJECT: 'identity',
    GOOGLE_CLOUD_UNIVERSE_DOMAIN: 'address',
    CLOUDSDK_AUTH_AUTH_HOST: 'address',
    CLOUDSDK_AUTH_TOKEN_HOST: 'address',
    CLOUDSDK_API_ENDPOINT_OVERRIDES_CLOUDRESOURCEMANAGER: 'address',
    CLOUDSDK_API_ENDPOINT_OVERRIDES_CONTAINER: 'address',
    CLOUDSDK_API_ENDPOINT_OVERRIDES_GKEHUB: 'address',
  },
  vault: {
    VAULT_TOKEN: 'secret',
    VAULT_CONFIG_PATH: 'identity-path',
    VAULT_CLIENT_CERT: 'identity-path',
    VAULT_CLIENT_KEY: 'identity-path',
    VAULT_ADDR: 'address',
    VAULT_NAMESPACE: 'address',
    VAULT_TLS_SERVER_NAME: 'address',
    VAULT_SKIP_VERIFY: 'address',
    VAULT_CACERT_BYTES: 'address',
    VAULT_CACERT: 'address-path',
    VAULT_CAPATH: 'address-path',
  },
} as const satisfies Partial<Record<Source, Readonly<Record<string, Use>>>>;

const uses: Readonly<Record<string, Use>> = Object.assign({}, ...Object.values(groups));

/** Any of these variables is a login of AWS without a profile. */
export const awsLoginVariables = [
  'AWS_ACCESS_KEY_ID',
  'AWS_WEB_IDENTITY_TOKEN_FILE',
  'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI',
  'AWS_CONTAINER_CREDENTIALS_FULL_URI',
] as const;

/**
 * Returns the variables of an environment that our providers read, without the empty ones. Relative paths become those
 * in `cwd`. A region of AWS belongs to a login without a profile, and is left out without one.
 */
export function identityVariables(env: Environment, cwd: string): Readonly<Record<string, string>> {
  const known = withKnownNames(env);
  const hasLogin = awsLoginVariables.some((name) => (known[name] ?? '') !== '');
  return Object.fromEntries(
    Object.keys(uses).flatMap((name) => {
      const value = known[name] ?? '';
      if (value === '' || (!hasLogin && /^AWS_(?:DEFAULT_)?REGION$/.test(name))) return [];
      return [[name, uses[name]?.endsWith('-path') ? path.resolve(cwd, value) : value]];
    }),
  );
}

/**
 * Returns the environment for an agent that outlives the shell that starts it: without secrets, which count only for
 * what their shell asks, and without relative paths, which are wrong in another folder.
 */
export function lastingEnvironment(env: Environment, cwd: string): Environment {
  const known = withKnownNames(env);
  const read = identityVariables(known, cwd);
  return Object.fromEntries(
    Object.entries(known).flatMap(([name, value]) =>
      uses[name] === 'secret' ? [] : [[name, read[name] ?? value]],
    ),
  );
}

/**
 * Returns the variables that apply to what a caller asks. A group of which the caller sets none has the addresses of the
 * agent's environment, but nothing that names an identity: that may be another shell's. With `inherits`, the agent's
 * environment is the user's own in every shell, and such a group is taken from it as a whole.
 */
export function variablesFor(options: {
  readonly agent: Readonly<Record<string, string>>;
  readonly caller: Readonly<Record<string, string>>;
  readonly inherits: boolean;
}): Readonly<Record<string, string>> {
  const { agent, caller, inherits } = options;
  return Object.assign(
    {},
    ...Object.values(groups).map((group: Readonly<Record<string, Use>>) => {
      const isSet = Object.keys(group).some((name) => caller[name] !== undefined);
      const names = Object.entries(group).filter(([, use]) => isSet || inherits || use.startsWith('address'));
      const from = isSet ? caller : agent;
      return Object.fromEntries(
        names.flatMap(([name]) => (from[name] === undefined ? [] : [[name, from[name]]])),
      );
    }),
  );
}

/** Returns the variables that name an identity, for display: secrets without their values. */
export function shownVariables(env: Environment): Readonly<Record<string, string>> {
  const all = Object.entries(identityVariables(env, process.cwd()));
  return Object.fromEntries(
    all.flatMap(([name, value]) => {
      const use = uses[name] ?? '';
      if (use === 'secret') return [[name, '(secret)']];
      return use.startsWith('identity') ? [[name, value]] : [];
    }),
  );
}

/** These only choose among the identities that the other variables lead to. */
const choices: readonly string[] = ['AWS_PROFILE', 'AWS_ROLE_SESSION_NAME'];

/** Returns the sources in which other clusters may be found with one set of variables than with another. */
export function differentSources(
  one: Readonly<Record<string, string>>,
  other: Readonly<Record<string, string>>,
): readonly Source[] {
  const sources = Object.keys(groups) as (keyof typeof groups)[];
  return sources.filter((source) =>
    Object.keys(groups[source]).some((name) => one[name] !== other[name] && !choices.includes(name)),
  );
}

/** Returns the environment of the agent with these variables in place of its own of the same kind. */
export function environmentWith(env: Environment, variables: Readonly<Record<string, string>>): Environment {
  return {
    ...Object.fromEntries(Object.entries(env).filter(([name]) => uses[name] === undefined)),
    ...variables,
  };
}
