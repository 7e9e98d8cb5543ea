import type {
  AuthClient,
  ExternalAccountAuthorizedUserClientOptions,
  ExternalAccountClientOptions,
  OAuth2Client,
} from 'google-auth-library';
import { z } from 'zod';
import { AppError } from '../../../model/app-error.ts';
import { tokenBytes } from '../../network/limits.ts';
import type { GcpAccess, GcpParts } from './adc.ts';
import { getPatiently } from './request.ts';

/** The same scopes as `gke-gcloud-auth-plugin`: a cluster's API identifies a user by email address. */
export const gcpScopes = [
  'https://www.googleapis.com/auth/cloud-platform',
  'https://www.googleapis.com/auth/userinfo.email',
];

/** The only address at which the library exchanges a refresh token or the signature of a service account. */
const defaultTokenUri = 'https://oauth2.googleapis.com/token';

const userSchema = z.object({ client_id: z.string(), client_secret: z.string(), refresh_token: z.string() });
const serviceAccountSchema = z.object({
  client_email: z.string(),
  private_key: z.string(),
  private_key_id: z.string().optional(),
});
const impersonatedSchema = z.object({
  service_account_impersonation_url: z.string(),
  source_credentials: z.looseObject({ type: z.string() }),
  delegates: z.array(z.string()).optional(),
});

/** The limit for an answer to a token request: nothing is computed there. */
const tokenLimitMs = 10_000;
/** The library runs a program for a token only if this variable is 1. */
const allowPrograms = 'GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES';
const programSchema = z.object({ credential_source: z.object({ executable: z.looseObject({}) }) });

type Content = { readonly type: string; readonly [key: string]: unknown };

/**
 * Creates the library's client for a credentials file, over our own network, so that its proxy and CA certificates
 * apply to Google too. Rejects with `gcp-failed` if the kind is unknown.
 */
export async function openGcpClient(options: {
  readonly parts: GcpParts;
  readonly file: string;
  readonly content: Content;
  /** How the user gets others. */
  readonly hint: string;
}): Promise<AuthClient> {
  const { parts, file, content, hint } = options;
  if (programSchema.safeParse(content).success && parts.env[allowPrograms] !== '1') {
    throw new AppError('gcp-failed', `The credentials in ${file} run a program, which is not allowed here.`, {
      hint: `If you trust the program, set ${allowPrograms}=1 and try again.`,
    });
  }
  // The library looks for it in this process; whether the caller's environment has it was checked above.
  if (parts.env[allowPrograms] === '1') process.env[allowPrograms] = '1';
  const google = await import('google-auth-library');
  const transporter = createTransporter(google, parts, tokenUriOf(content, parts));
  const common = (given: Content) => ({
    transporter,
    ...(typeof given.universe_domain === 'string' ? { universeDomain: given.universe_domain } : {}),
  });

  const open = (given: Content): AuthClient => {
    switch (given.type) {
      case 'authorized_user': {
        const { client_id: clientId, client_secret: clientSecret, refresh_token } = userSchema.parse(given);
        return new google.UserRefreshClient({
          ...common(given),
          clientId,
          clientSecret,
          refreshToken: refresh_token,
        });
      }
      case 'service_account': {
        const { client_email: email, private_key: key, private_key_id } = serviceAccountSchema.parse(given);
        const keyId = private_key_id === undefined ? {} : { keyId: private_key_id };
        return new google.JWT({ ...common(given), email, key, ...keyId, scopes: gcpScopes });
      }
      case 'impersonated_service_account': {
        const { service_account_impersonation_url, source_credentials, delegates } =
          impersonatedSchema.parse(given);
        const url = new URL(service_account_impersonation_url);
        return new google.Impersonated({
          transporter,
          sourceClient: open(source_credentials),
          targetPrincipal: principalOf(url.pathname),
          targetScopes: gcpScopes,
          endpoint: url.origin,
          ...(delegates === undefined ? {} : { delegates }),
        });
      }
      case 'external_account_authorized_user':
        // The library accepts the file's content as it is.
        return new google.ExternalAccountAuthorizedUserClient({
          ...(given as unknown as ExternalAccountAuthorizedUserClientOptions),
          ...common(given),
        });
      case 'external_account': {
        const client = google.ExternalAccountClient.fromJSON({
          ...(given as unknown as ExternalAccountClientOptions),
          ...common(given),
          scopes: gcpScopes,
        });
        if (client === null) break;
        // The library gives its client of the token service no transporter: it would bypass the proxy and our limits.
        Object(client).stsCredential.transporter = transporter;
        return client;
      }
    }
    throw new Error('no kind of credentials that is known');
  };

  try {
    return open(content);
  } catch {
    // The library's own message may quote a secret.
    throw new AppError('gcp-failed', `${file} holds no known kind of Google credentials.`, { hint });
  }
}

/**
 * Wraps a run's token as a client for Google's SDKs, over our own network like those above. Do not pass the client that
 * the token came from: with it, an SDK lets a service account sign for itself, and an external account name a project
 * to bill.
 */
export async function openTokenClient(parts: GcpParts, access: GcpAccess): Promise<AuthClient> {
  const google = await import('google-auth-library');
  return new google.OAuth2Client({
    transporter: createTransporter(google, parts),
    credentials: { access_token: access.token },
    universeDomain: access.universe,
  });
}

/** Creates the library's client for a login with an organisation's own OAuth client. */
export async function openOAuthClient(options: {
  readonly parts: GcpParts;
  readonly client: { readonly id: string; readonly secret?: string | undefined };
  readonly redirectUri?: string;
}): Promise<OAuth2Client> {
  const { parts, client, redirectUri } = options;
  const google = await import('google-auth-library');
  const { CLOUDSDK_AUTH_AUTH_HOST: authHost = '' } = parts.env;
  const tokenUri = tokenUriOf({ type: 'authorized_user' }, parts);
  return new google.OAuth2Client({
    transporter: createTransporter(google, parts, tokenUri),
    clientId: client.id,
    ...(client.secret === undefined ? {} : { clientSecret: client.secret }),
    ...(redirectUri === undefined ? {} : { redirectUri }),
    endpoints: {
      ...(authHost === '' ? {} : { oauth2AuthBaseUrl: authHost }),
      ...(tokenUri === defaultTokenUri ? {} : { oauth2RevokeUrl: new URL('/revoke', tokenUri).href }),
    },
  });
}

function createTransporter(
  google: typeof import('google-auth-library'),
  parts: GcpParts,
  tokenUri = defaultTokenUri,
): InstanceType<typeof google.gaxios.Gaxios> {
  return new google.gaxios.Gaxios({
    fetchImplementation: createFetch(parts, tokenUri),
    // With an agent, the library ignores the proxy of the process's environment.
    agent: parts.network.httpsAgent,
  });
}

/** Returns the principal in `…/serviceAccounts/PRINCIPAL:generateAccessToken`; empty for any other path. */
export function principalOf(pathname: string): string {
  const last = pathname.slice(pathname.lastIndexOf('/') + 1);
  const end = ':generateAccessToken';
  return last.endsWith(end) ? last.slice(0, -end.length) : '';
}

/** Prefers gcloud's own setting over the file, as gcloud does. */
function tokenUriOf(content: Content, { env }: GcpParts): string {
  const inFile = typeof content.token_uri === 'string' ? content.token_uri : '';
  return env.CLOUDSDK_AUTH_TOKEN_HOST || inFile || defaultTokenUri;
}

/** Wraps an error so that the library does not repeat the request, twice more, with as long a wait each time. */
function notRetried(cause: unknown): Error {
  const message = cause instanceof Error ? cause.message : 'no answer';
  return Object.assign(new Error(message, { cause }), { name: 'AbortError', code: 'AbortError' });
}

function createFetch(parts: GcpParts, tokenUri: string): typeof fetch {
  return async (input, init) => {
    const asked = String(input instanceof Request ? input.url : input);
    const url = new URL(asked === defaultTokenUri ? tokenUri : asked);
    const method = init?.method ?? 'GET';
    const headers = Object.fromEntries(new Headers(init?.headers));
    const signal = init?.signal ?? undefined;
    const content = init?.body === undefined || init.body === null ? {} : { body: String(init.body) };
    const answer =
      method === 'GET'
        ? await getPatiently({ parts, url, headers, signal })
        : await parts.network
            .request(url, {
              method,
              headers,
              ...content,
              signal,
              maxBytes: tokenBytes,
              timeoutMs: tokenLimitMs,
            })
            .catch((cause: unknown) => {
              throw notRetried(cause);
            });
    const type = answer.headers['content-type'];
    // These statuses have no body, and `Response` rejects one; for any other the library reads it.
    const body = [204, 205, 304].includes(answer.status) ? null : new Uint8Array(answer.body);
    return new Response(body, {
      status: answer.status,
      ...(type === undefined ? {} : { headers: { 'content-type': type } }),
    });
  };
}
