import { Readable } from 'node:stream';
import { AppError } from '../../model/app-error.ts';
import { passRefused } from '../tunnels/api-connection.ts';
import type { Front } from '../tunnels/front.ts';
import { type Fields, valuesOf } from './headers.ts';
import type { Answer, Request, Upstream } from './upstream.ts';
import type { DialUpstream } from './upstream-connection.ts';
import type { Switched } from './upstream-request.ts';

/** What a client could say to Cloudflare about itself, and what the edge says to a browser. */
const ofEdge = /^(?:cookie|set-cookie|alt-svc|cf-access-.*|cf-connecting-ip|cdn-loop)$/i;
/** Longer than any Status that says why an upgrade is refused. */
const statusBytes = 64 * 1024;

/**
 * Returns the connections for requests that need a pass on their way, and whose answers may be those of what is in front of
 * the API server: they reject then, so that no client gets a page for people.
 */
export function throughFront(
  connections: Upstream,
  options: { readonly front: Front; readonly dial: DialUpstream },
): Upstream {
  const { front, dial } = options;

  /** As a new connection would, waits for the login of a session that has ended. */
  const passFor = async (signal: AbortSignal) => {
    try {
      return await front.pass(signal);
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'access-login-needed') throw error;
      const { stream } = await dial(signal);
      stream.destroy();
      return front.pass(signal);
    }
  };

  const send = async <T extends Answer | Switched>(
    request: Request,
    signal: AbortSignal,
    how: (request: Request) => Promise<T>,
  ): Promise<T> => {
    for (let isAgain = false; ; isAgain = true) {
      const pass = await passFor(signal);
      const answer = await how({ ...request, fields: [...withoutEdge(request.fields), ...pass.fields] });
      const header = (name: string) => valuesOf(answer.fields, name)[0];
      try {
        if ((await pass.check({ status: answer.status, header })) === 'passed')
          return { ...answer, fields: withoutEdge(answer.fields) };
      } catch (error) {
        discard(answer);
        throw error;
      }
      discard(answer);
      // A body was read already, and cannot be sent again.
      if (isAgain || request.body !== undefined) throw passRefused(front.authority ?? 'The server');
    }
  };

  return {
    request: (request, signal) => send(request, signal, (one) => connections.request(one, signal)),
    async upgrade(request, protocol, signal) {
      if (!/^spdy/i.test(protocol))
        return send(request, signal, (one) => connections.upgrade(one, protocol, signal));
      const answer = await send(request, signal, (one) => connections.request(one, signal));
      return noSpdy(answer, front.authority ?? 'The server');
    },
    close: connections.close,
  };
}

/**
 * Cloudflare's edge passes WebSocket upgrades on and no others. The same request without the upgrade shows whether the API
 * server would refuse it anyway: clients fall back to SPDY when their WebSocket was refused, and show what comes last.
 * Resolves with that refusal. Rejects with `bad-input` if nothing but the upgrade is missing (apimachinery
 * `UpgradeAwareHandler`).
 */
async function noSpdy(answer: Answer, authority: string): Promise<Answer> {
  if (answer.status > 400) return answer;
  const body = await beginningOf(answer.body);
  if (answer.status === 400 && !body.includes('Upgrade request required'))
    return { ...answer, body: Readable.from([body]) };
  throw new AppError(
    'bad-input',
    `This client asks ${authority} for a stream by SPDY, which Cloudflare does not pass on.`,
    {
      hint: 'WebSocket passes: update kubectl and Kubernetes to 1.30 or later for exec, attach and cp, to 1.31 for port-forward. Or ask the owner to publish the cluster with the origin tcp or socks.',
    },
  );
}

/** Resolves with the first bytes of an answer, and closes it. */
async function beginningOf(body: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of body) {
    chunks.push(chunk as Buffer);
    length += (chunk as Buffer).length;
    if (length >= statusBytes) break;
  }
  return Buffer.concat(chunks);
}

function withoutEdge(fields: Fields): Fields {
  return fields.filter(([name]) => !ofEdge.test(name));
}

function discard(answer: Answer | Switched): void {
  if ('socket' in answer) answer.socket.destroy();
  else answer.body.resume();
}
