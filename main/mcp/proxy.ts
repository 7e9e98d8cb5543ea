import { readFile } from 'node:fs/promises';
import https from 'node:https';
import { parse } from 'yaml';
import { z } from 'zod';
import { version } from '../agent/version.ts';
import { AppError, errnoOf } from '../model/app-error.ts';

const requestMs = 30_000;
/** Answers of API servers that fail are short. */
const refusalBytes = 64 * 1024;

/** The fields of a terminal's kubeconfig that are used here. */
const kubeconfigSchema = z.object({
  clusters: z.tuple([
    z.object({ cluster: z.object({ server: z.url(), 'certificate-authority-data': z.string() }) }),
  ]),
  users: z.tuple([z.object({ user: z.object({ token: z.string().min(1) }) })]),
  contexts: z.tuple([z.object({ context: z.object({ namespace: z.string().optional() }) })]),
});

/** How a cluster's local TLS proxy is reached, with a secret that can only read. */
export interface ProxyAccess {
  readonly server: string;
  readonly authority: string;
  readonly token: string;
  /** The namespace of its tag. */
  readonly namespace: string | undefined;
}

export interface ProxyAnswer {
  readonly status: number;
  readonly bytes: Buffer;
  /** The answer was longer than what is read of it. */
  readonly isCut: boolean;
}

/**
 * Reads a terminal's kubeconfig. It is read for each request: the agent writes it again where the port or the secret changes.
 * Resolves with undefined if the terminal has ended.
 */
export async function readAccess(file: string): Promise<ProxyAccess | undefined> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    if (errnoOf(cause) === 'ENOENT') return undefined;
    throw new AppError('file-unreadable', `${file} cannot be read.`, { cause });
  }
  const { data, error } = kubeconfigSchema.safeParse(parse(text));
  if (data === undefined)
    throw new AppError('file-invalid', `${file} is not what the agent wrote.`, { cause: error });
  const [{ cluster }] = data.clusters;
  return {
    server: cluster.server,
    authority: Buffer.from(cluster['certificate-authority-data'], 'base64').toString('utf8'),
    token: data.users[0].user.token,
    namespace: data.contexts[0].context.namespace,
  };
}

const connections = new https.Agent({ keepAlive: true, maxSockets: 16 });

/**
 * Sends a GET without a body to a cluster's local TLS proxy. Nothing else can be sent with it. Rejects with `answer-refused`
 * if a good answer is longer than `mostBytes`, unless `cuts`; with `agent-unreachable` if the proxy does not listen; with
 * `timeout`, and with the signal's reason.
 */
export function getThroughProxy(
  access: ProxyAccess,
  path: string,
  how: {
    readonly accept: string;
    readonly mostBytes: number;
    /** Reads the beginning of a longer answer. */
    readonly cuts?: boolean;
    readonly signal: AbortSignal;
  },
): Promise<ProxyAnswer> {
  const { accept, mostBytes, cuts = false } = how;
  const signal = AbortSignal.any([how.signal, AbortSignal.timeout(requestMs)]);
  const { promise, resolve, reject } = Promise.withResolvers<ProxyAnswer>();
  const request = https.get(
    `${access.server}${path}`,
    {
      agent: connections,
      ca: access.authority,
      signal,
      headers: {
        Authorization: `Bearer ${access.token}`,
        Accept: accept,
        'User-Agent': `mcp/${version}`,
      },
    },
    (response) => {
      const { statusCode: status = 502 } = response;
      const most = status === 200 ? mostBytes : refusalBytes;
      const chunks: Buffer[] = [];
      let size = 0;
      response.on('data', (chunk: Buffer) => {
        chunks.push(chunk);
        size += chunk.length;
        if (size <= most) return;
        response.destroy();
        const bytes = Buffer.concat(chunks).subarray(0, most);
        if (cuts || status !== 200) resolve({ status, bytes, isCut: true });
        else reject(tooLong(most));
      });
      response.once('end', () => resolve({ status, bytes: Buffer.concat(chunks), isCut: false }));
      response.on('error', (cause) => reject(failure(cause, how.signal)));
      response.once('close', () => reject(failure(new Error('closed'), how.signal)));
    },
  );
  request.on('error', (cause) => reject(failure(cause, how.signal)));
  return promise;
}

function tooLong(most: number): AppError {
  return new AppError('answer-refused', `The answer is larger than ${Math.round(most / 1_000_000)} MB.`, {
    hint: 'Ask for less: a namespace, a label selector, a name or a smaller limit.',
  });
}

function failure(cause: unknown, signal: AbortSignal): AppError {
  if (signal.aborted) return new AppError('cancelled', 'Cancelled.');
  if (cause instanceof Error && ['AbortError', 'TimeoutError'].includes(cause.name))
    return new AppError('timeout', `The cluster did not answer within ${requestMs / 1000} s.`, {
      hint: 'Try again, or ask for less.',
      retryable: true,
    });
  return new AppError('agent-unreachable', 'The connection to the local proxy of k8s-tunnels failed.', {
    hint: 'Try again.',
    retryable: true,
    cause,
  });
}
