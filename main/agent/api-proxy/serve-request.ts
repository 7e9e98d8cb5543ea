import type { Readable } from 'node:stream';
import { AppError } from '../../model/app-error.ts';
import type { Credential } from '../providers/credential-provider.ts';
import type { Exchange } from './exchange.ts';
import { explainRefusal } from './explain-refusal.ts';
import { type Fields, requestFields } from './headers.ts';
import { joinStreams } from './join-streams.ts';
import { statusOf, statusOfError } from './status.ts';
import type { Answer, Request, Upstream } from './upstream.ts';
import type { Switched } from './upstream-request.ts';

/** The API server of one cluster, with the user's credential. */
export interface Api {
  /**
   * Resolves with the user's credential; with `isRefused`, after the server has refused this one. Rejects if nobody is
   * signed in.
   */
  credential(isRefused?: Credential): Promise<Credential>;
  /** Returns the connections that show this credential. */
  upstream(credential: Credential): Upstream;
}

/** The API as one client sees it. */
interface ApiForClient extends Api {
  /** Resolves with true while a process holds the client's end of the connection. */
  readonly isHeld: () => Promise<boolean>;
}

/** The protocols that the API server switches to, for exec, attach and port-forward. No other one is passed on. */
const protocols: ReadonlyMap<string, string> = new Map([
  ['spdy/3.1', 'SPDY/3.1'],
  ['websocket', 'websocket'],
]);

/**
 * Passes one admitted request on to the API server, with the user's credential in place of the client's, and its answer
 * back as it comes. Every request of every client goes through here, whatever its protocol: a rule that refuses requests,
 * and what observes them, belong around this call. Never rejects.
 */
export async function serveRequest(exchange: Exchange, api: ApiForClient): Promise<void> {
  const { method, path, fields, body, upgrade } = exchange;
  try {
    if (!path.startsWith('/'))
      return exchange.refuse(statusOf(400, 'k8s-tunnels: the request must name a path, not a URL.'));
    if (method === 'CONNECT' || method === 'TRACE')
      return exchange.refuse(statusOf(405, `k8s-tunnels: ${method} is not passed on to an API server.`));
    const request = { method, path, fields: requestFields(fields), body };
    if (upgrade !== undefined) {
      const protocol = protocols.get(upgrade);
      if (protocol === undefined)
        return exchange.refuse(
          statusOf(400, 'k8s-tunnels: only WebSocket and SPDY/3.1 are passed on, without a body.'),
        );
      return await serveUpgrade(exchange, { ...request, protocol }, api);
    }
    const { answer, by } = await answerTo(exchange, api, request, (upstream, withToken) =>
      upstream.request(withToken, exchange.signal),
    );
    await passOn(exchange, method === 'HEAD' ? answer : await explainRefusal(answer, by));
  } catch (error) {
    if (exchange.signal.aborted) return exchange.breakOff();
    exchange.refuse(statusOfError(error));
  }
}

/** Sends a request as `withCredential` does. Resolves with the answer and the credential that it is for. */
async function answerTo<T extends Answer | Switched>(
  exchange: Exchange,
  api: Api,
  request: Request,
  send: (upstream: Upstream, request: Request) => Promise<T>,
): Promise<{ readonly answer: T; readonly by: Credential | undefined }> {
  let by: Credential | undefined;
  const upstream = (credential: Credential) => {
    by = credential;
    return api.upstream(credential);
  };
  const answer = await withCredential(exchange, { ...api, upstream }, request, send);
  return { answer, by };
}

/** Sends a request with the user's credential; again with a new one if the server refuses it and no body was sent. */
export async function withCredential<T extends Answer | Switched>(
  { signal }: Pick<Exchange, 'signal'>,
  api: Api,
  request: Request,
  send: (upstream: Upstream, request: Request) => Promise<T>,
): Promise<T> {
  const sendWith = (credential: Credential) =>
    send(api.upstream(credential), { ...request, fields: withToken(request.fields, credential) });
  const credential = await api.credential();
  const answer = await sendWith(credential);
  if (answer.status !== 401 || request.body !== undefined || signal.aborted) return answer;
  const renewed = await api.credential(credential).catch(() => credential);
  if (isSame(renewed, credential)) return answer;
  if ('body' in answer) answer.body.resume();
  return sendWith(renewed);
}

function withToken(fields: Fields, credential: Credential): Fields {
  return credential.kind === 'token' ? [...fields, ['Authorization', `Bearer ${credential.token}`]] : fields;
}

function isSame(a: Credential, b: Credential): boolean {
  if (a.kind === 'token') return b.kind === 'token' && a.token === b.token;
  return b.kind === 'client-certificate' && a.certificate === b.certificate;
}

/** Passes an answer on, each piece as it comes and no faster than the client reads. */
async function passOn(exchange: Exchange, { status, fields, body }: Answer): Promise<void> {
  const to = exchange.respond(status, fields);
  if (to === undefined) {
    body.resume();
    return;
  }
  // An answer that broke off must not be ended as if it were complete.
  body.pipe(to, { end: false });
  if (await isWhole(body)) to.end();
  else exchange.breakOff();
}

/**
 * Resolves with true when everything was read, with false if it breaks off. Not `finished` of Node: for it, an HTTP/2
 * stream that the server has ended is closed, whether or not it was read. Such a stream also ends when its connection is
 * lost, with a code that says so.
 */
function isWhole(body: Readable): Promise<boolean> {
  return new Promise((resolve) => {
    const broken = () => resolve(body.readableEnded);
    if (body.destroyed) broken();
    body.once('end', () => resolve(!('rstCode' in body) || !body.rstCode));
    for (const event of ['error', 'aborted', 'close']) body.once(event, broken);
  });
}

async function serveUpgrade(
  exchange: Exchange,
  request: Request & { readonly protocol: string },
  api: ApiForClient,
): Promise<void> {
  const { socket, signal } = exchange;
  const { answer, by } = await answerTo(exchange, api, request, (upstream, one) =>
    upstream.upgrade(one, request.protocol, signal),
  );
  if ('body' in answer) {
    const { fields, ...refusal } = await explainRefusal(answer, by);
    await passOn(exchange, { ...refusal, fields: [...fields, ['Connection', 'close']] });
    socket.end();
    return;
  }
  if (signal.aborted) {
    answer.socket.destroy();
    throw new AppError('cancelled', 'The client went away.');
  }
  exchange.respond(101, answer.fields);
  if (answer.head.length > 0) answer.socket.unshift(answer.head);
  joinStreams(socket, answer.socket, api.isHeld);
}
