import { isDeepStrictEqual } from 'node:util';
import type { HttpClient } from '@azure/core-rest-pipeline';
import type { AccessToken, GetTokenOptions, TokenCredential } from '@azure/identity';
import pLimit from 'p-limit';
import { AppError } from '../../../model/app-error.ts';
import { abortable } from '../../async/abortable.ts';
import { createExpiring } from '../../async/expiring.ts';
import { networkError } from '../../network/network-error.ts';
import type { AzureCloud } from './azure-cloud.ts';
import { chainOf } from './chain.ts';
import { type AzureParts, type AzureSignIn, azureSignIns } from './cli-sessions.ts';
import { azureHttpClient } from './http-client.ts';

/** How this computer can access Azure. */
export interface AzureSession {
  readonly signIns: readonly AzureSignIn[];
  readonly cloud: AzureCloud;
  /** Returns the credential of a tenant; without one, of the session's own tenant. Its tokens are shared and cached. */
  credential(tenant?: string): TokenCredential;
  /** The options that all clients of Azure Resource Manager share. */
  readonly clientOptions: {
    readonly endpoint: string;
    readonly credentials: { readonly scopes: string[] };
    readonly httpClient: HttpClient;
    readonly retryOptions: typeof retryOptions;
  };
}

const retryOptions = { maxRetries: 3, retryDelayInMs: 200, maxRetryDelayInMs: 5_000 } as const;
/** How long before expiry a token is requested again. */
const marginMs = 5 * 60_000;
/** The limit of concurrent token requests: each may start a vendor's tool. */
const tokensAtOnce = 4;

/**
 * Returns the current session; undefined if nobody is signed in. It stays the same, with its tokens, until somebody
 * signs in or out. Rejects with `login-sealed` if the one that applies belongs to the desktop app, or with `azure-failed`
 * if its cloud is not known.
 */
export function createAzureSessions(parts: AzureParts): () => Promise<AzureSession | undefined> {
  let last:
    | { readonly found: Awaited<ReturnType<typeof azureSignIns>>; readonly session: AzureSession }
    | undefined;
  return async () => {
    const found = await azureSignIns(parts);
    const [first] = found.signIns;
    // The environment takes precedence over our own session. The others come after it, and could be another user's.
    if (found.sealed !== undefined && first?.kind !== 'environment' && first?.kind !== 'workload')
      throw found.sealed;
    if (first === undefined) return undefined;
    const { signIns, cloud } = found;
    if (cloud instanceof AppError) throw cloud;
    if (last === undefined || !isDeepStrictEqual(last.found, found)) {
      last = { found, session: await openSession(parts, { signIns, cloud }) };
    }
    return last.session;
  };
}

async function openSession(
  { env, network, challenges }: Pick<AzureParts, 'env' | 'network' | 'challenges'>,
  { signIns, cloud }: Pick<AzureSession, 'signIns' | 'cloud'>,
): Promise<AzureSession> {
  const httpClient = await azureHttpClient(network);
  // Remember the cause: MSAL hides why the authority was unreachable.
  let unreachable: unknown;
  const remembering: HttpClient = {
    async sendRequest(request) {
      try {
        const response = await httpClient.sendRequest(request);
        unreachable = undefined;
        return response;
      } catch (error) {
        unreachable = error;
        throw error;
      }
    },
  };
  const chain = await chainOf({
    env,
    signIns,
    cloud,
    network,
    challenges,
    options: { httpClient: remembering, retryOptions },
  });
  const limit = pLimit(tokensAtOnce);
  const held = createExpiring<string, AccessToken>({ now: () => Date.now() });

  const getToken = (scopes: string | string[], options: GetTokenOptions): Promise<AccessToken> => {
    const { tenantId = '', claims = '' } = options;
    const key = [tenantId, ...[scopes].flat()].join(' ');
    // A challenge means that the cached token is not sufficient.
    if (claims !== '') held.delete(key);
    const { abortSignal: _, ...shared } = options;
    const ask = async () => {
      const token = await chain.getToken(scopes, shared).catch((error: unknown) => {
        throw unreachable === undefined ? error : networkError(new URL(cloud.authority), unreachable);
      });
      if (token === null) throw new Error('no token was given');
      return token;
    };
    return held.get(key, {
      make: () => limit(ask),
      lifeMs: ({ expiresOnTimestamp }) => expiresOnTimestamp - marginMs - Date.now(),
    });
  };

  return {
    signIns,
    cloud,
    credential: (tenant) => ({
      getToken: (scopes, options = {}) =>
        unlessAborted(
          getToken(scopes, tenant === undefined ? options : { ...options, tenantId: tenant }),
          options.abortSignal,
        ),
    }),
    clientOptions: {
      endpoint: cloud.resourceManager,
      credentials: { scopes: [`${cloud.resourceManager}/.default`] },
      httpClient,
      retryOptions,
    },
  };
}

/** Rejects for one caller only: the shared token request must continue for the others. */
function unlessAborted<T>(work: Promise<T>, signal: GetTokenOptions['abortSignal']): Promise<T> {
  if (signal === undefined) return work;
  return abortable(work, signal, {
    reason: () => new DOMException('The operation was aborted.', 'AbortError'),
  });
}
