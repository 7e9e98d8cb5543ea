import { AppError } from '../../model/app-error.ts';
import type { Cluster } from '../../model/cluster.ts';
import type { CredentialIdentity } from '../../model/credential-identity.ts';
import { createClusterApi } from '../api-proxy/cluster-api.ts';
import { withCredential } from '../api-proxy/serve-request.ts';
import type { Answer } from '../api-proxy/upstream.ts';
import { abortable } from '../async/abortable.ts';
import type { Credentials } from '../credentials/credentials.ts';
import { refusedText } from '../credentials/identity-text.ts';
import type { AnswerBudget } from '../network/answer-budget.ts';
import { checkJson } from '../network/json-shape.ts';
import { pageBytes } from '../network/limits.ts';
import type { Clock } from '../parts.ts';
import { refusedByGoogle } from '../tunnels/google-front.ts';
import type { Tunnel } from '../tunnels/tunnel.ts';
import { userAgent } from '../version.ts';
import { withBody } from './answer-body.ts';
import { shownValue } from './facts.ts';
import { statusSchema } from './kube-objects.ts';

/** The longest answer that is read, decompressed: a page of a list. */
const answerBytes = 8 * 1024 * 1024;

/** The answer for a page of a list that the server does not have any more. */
export const expired = Symbol('expired');

/**
 * Reads the API server of one cluster, with the user's credential. It takes no method, no header and no body: nothing but
 * a GET can be sent with it.
 */
export interface ApiReader {
  /**
   * Resolves with the parsed JSON at a path, or with `expired`. Rejects with `kube-unauthorized`, `not-found`,
   * `kube-unready` or `answer-refused` by the answer, with the signal's reason, and as the credential, the tunnel and TLS
   * do.
   */
  get(path: string, signal: AbortSignal): Promise<unknown>;
  /** Ends the connections. */
  close(): void;
}

/** Connects to nothing before the first `get`. */
export function createApiReader(options: {
  readonly clock: Clock;
  readonly cluster: Cluster;
  readonly credentials: Pick<Credentials, 'get' | 'drop' | 'ownerOf'>;
  /** Its tunnel. */
  readonly tunnel: Pick<Tunnel, 'dial' | 'server'>;
  readonly budget: AnswerBudget;
}): ApiReader {
  const { cluster, tunnel, budget, credentials } = options;
  let identity: CredentialIdentity | undefined;
  const api = createClusterApi({
    ...options,
    credentials: {
      ...credentials,
      async get(...asked) {
        const credential = await credentials.get(...asked);
        identity = credential.kind === 'token' ? credential.identity : undefined;
        return credential;
      },
    },
    cluster: () => cluster,
    tunnel: () => tunnel,
  });
  const server = `The API server of ${cluster.title}`;

  const send = (path: string, signal: AbortSignal) =>
    withCredential({ signal }, api, { method: 'GET', path, fields, body: undefined }, (upstream, request) =>
      upstream.request(request, signal),
    );
  return {
    async get(path, signal) {
      const reason = () => signal.reason;
      const late = ({ body }: Answer) => void body.destroy();
      const answer = await abortable(send(path, signal), signal, { reason, late });
      const isGood = answer.status === 200;
      const limits = { server, budget, signal, maxBytes: isGood ? answerBytes : pageBytes };
      return withBody(answer, limits, (bytes) => jsonAnswer(answer.status, bytes, server, identity));
    },
    close: api.cut,
  };
}

const fields = [
  ['Accept', 'application/json'],
  ['Accept-Encoding', 'gzip'],
  ['User-Agent', userAgent],
] as const;

/**
 * Returns the parsed JSON of an answer, or `expired`. Throws as `ApiReader.get` rejects: `server` names who answered,
 * `identity` who asked.
 */
export function jsonAnswer(
  status: number,
  bytes: Buffer,
  server: string,
  identity?: CredentialIdentity,
): unknown {
  return status === 200 ? parsed(bytes, server) : refusal(status, bytes.toString('utf8'), server, identity);
}

function parsed(bytes: Buffer, server: string): unknown {
  checkJson(bytes, server);
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch (cause) {
    throw strange(server, cause);
  }
}

/** Returns the error for an answer that is not the API server's. */
export function strange(server: string, cause?: unknown): AppError {
  return new AppError('answer-refused', `${server} sent an answer that is not a Kubernetes API server's.`, {
    hint: "Something else may answer there: ask the cluster's owner.",
    cause,
  });
}

/** Throws the error for an answer that is not a success. Returns `expired` for 410. */
function refusal(
  status: number,
  body: string,
  server: string,
  identity: CredentialIdentity | undefined,
): typeof expired {
  if (status === 410) return expired;
  const whose = identity === undefined ? '' : `k8s-tunnels ${refusedText(identity)} `;
  const said = statusMessage(body);
  const why = said === undefined ? `HTTP ${status}` : shownValue(said);
  if (status === 401)
    throw new AppError('kube-unauthorized', `${server} refuses your credential (${why}).`, {
      hint: `${whose}Sign in again. If that does not help, ask the cluster's owner whether your user has access.`,
    });
  if (status === 403)
    throw (
      refusedByGoogle({ status, body, where: server }) ??
      new AppError('kube-unauthorized', `${server} does not allow it: ${why}`, {
        hint: `${whose}Ask the cluster's owner for the permission to read it.`,
      })
    );
  if (status === 404) throw new AppError('not-found', `${server} does not have it: ${why}`);
  if (status === 429 || status >= 500)
    throw new AppError('kube-unready', `${server} cannot answer now: ${why}`, {
      hint: 'Try again in a moment.',
      retryable: true,
    });
  throw strange(server);
}

function statusMessage(body: string): string | undefined {
  try {
    return statusSchema.safeParse(JSON.parse(body)).data?.message;
  } catch {
    return undefined;
  }
}
