import { createHash, randomBytes } from 'node:crypto';
import { AppError } from '../../model/app-error.ts';
import type { Access } from '../access/access.ts';
import { edgeAnswer, stoppedByEdge } from '../access/edge-answer.ts';
import { accessDenied } from '../access/exchange.ts';
import type { ServiceToken } from '../access/service-tokens.ts';
import type { Answer, Network } from '../network/network.ts';
import { userAgent } from '../version.ts';
import type { Connector, Passed } from './connector.ts';
import { FrameStream } from './frame-stream.ts';

const upgradeTimeoutMs = 8_000;

/** The answer is not from an edge that we know: it is neither a tunnel, nor a denial, nor an origin that is down. */
export class UnknownAnswer extends AppError {}

/**
 * Implements the Access tunnel in this process (cloudflared `carrier/`): each connection is one WebSocket GET to the
 * application's host with the token in `Cf-Access-Token`. Bytes travel as binary frames.
 */
export function createBuiltinConnector(options: {
  readonly network: Network;
  readonly access: Access;
  readonly hostname: string;
  /** `host:port`, for an application in bastion mode. */
  readonly destination?: string | undefined;
  /**
   * The hostnames that have opened a tunnel since the agent's start. A failure of one of them is not a wrong
   * configuration.
   */
  readonly opened?: Set<string>;
}): Connector {
  const { network, access, hostname, destination, opened = new Set<string>() } = options;
  const url = new URL(`https://${hostname}/`);

  const attempt = async (
    shown: Readonly<Record<string, string>>,
    signal: AbortSignal,
    passed: Passed | undefined,
  ) => {
    const key = randomBytes(16).toString('base64');
    const result = await network.upgrade(url, {
      headers: {
        connection: 'Upgrade',
        upgrade: 'websocket',
        'sec-websocket-version': '13',
        'sec-websocket-key': key,
        ...shown,
        'user-agent': userAgent,
        ...(destination === undefined ? {} : { 'cf-access-jump-destination': destination }),
      },
      timeoutMs: upgradeTimeoutMs,
      signal,
      onConnected: () => passed?.('edge'),
    });
    if (result.kind === 'answered') {
      const stopped = stoppedByEdge(hostname, edgeAnswer(result.answer));
      if (stopped !== undefined) throw stopped;
      return result.answer;
    }
    if (result.headers['sec-websocket-accept'] !== acceptFor(key)) {
      result.socket.destroy();
      throw new UnknownAnswer('edge-failed', `${hostname} answered the WebSocket handshake wrongly.`, {
        hint: 'Something between you and Cloudflare may be answering in its place. Ask your network administrator.',
      });
    }
    opened.add(hostname);
    return new FrameStream(result.socket, result.head);
  };

  return {
    kind: () => 'builtin',
    async prepare(options) {
      if ((await access.serviceToken(hostname)) === undefined) await access.token(hostname, options);
    },
    async dial({ signal, passed }) {
      const service = await access.serviceToken(hostname);
      if (service !== undefined) {
        const result = await attempt(
          { 'cf-access-client-id': service.clientId, 'cf-access-client-secret': service.clientSecret },
          signal,
          passed,
        );
        if (!(result instanceof FrameStream)) {
          if (result.status === 403 || wantsLogin(result)) throw serviceRefused(hostname, service);
          throw refusal(hostname, result, opened.has(hostname));
        }
        passed?.('access');
        return result;
      }
      // Replace a token once if the edge no longer accepts it (revoked, or its keys were rotated).
      for (let round = 0; ; round++) {
        const token = await access.token(hostname, { interactive: false, signal });
        const result = await attempt({ 'cf-access-token': token.jwt }, signal, passed);
        if (result instanceof FrameStream) {
          passed?.('access');
          return result;
        }
        if (!wantsLogin(result)) throw refusal(hostname, result, opened.has(hostname));
        await access.reject(hostname, token);
        if (round === 1) {
          throw new AppError(
            'access-login-failed',
            `${hostname} does not accept the token that it just gave.`,
            {
              hint: 'Check that the clock of this computer is right; if it is, ask your Access administrator.',
            },
          );
        }
      }
    },
  };
}

/** Creates the error for a service token that the application's policy denies. */
export function serviceRefused(hostname: string, { file }: ServiceToken): AppError {
  return new AppError(
    'access-denied',
    `The Access policy of ${hostname} denies access to the service token of ${file}.`,
    {
      hint: 'It may have expired, or no policy with the action Service Auth includes it: ask your Access administrator.',
    },
  );
}

/** RFC 6455, section 4.2.2. */
function acceptFor(key: string): string {
  return createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
}

function wantsLogin(answer: Answer): boolean {
  const { location } = answer.headers;
  if (answer.status === 401) return true;
  if (answer.status < 300 || answer.status > 399 || location === undefined) return false;
  return URL.parse(location, 'https://edge.invalid')?.pathname.startsWith('/cdn-cgi/access/login') ?? false;
}

function refusal(hostname: string, answer: Answer, hasOpened: boolean): AppError {
  if (answer.status === 403) return accessDenied(hostname, answer.headers['cf-ray']);
  // cloudflared answers 502 for an origin that refused the connection. The edge answers 52x and 530 for a missing
  // tunnel.
  if (answer.status === 502 || answer.status === 503 || answer.status === 504 || answer.status >= 520) {
    return new AppError(
      'origin-failed',
      `${hostname} is up, but its origin does not respond (HTTP ${answer.status}).`,
      {
        hint: "The cluster's cloudflared or its API server is down: ask the cluster's owner.",
        retryable: true,
      },
    );
  }
  if (answer.status === 429) {
    return new AppError('edge-failed', `${hostname} limits how fast connections may be opened (HTTP 429).`, {
      hint: 'Wait a moment.',
      retryable: true,
    });
  }
  // The edge waited too long for the request, or asks for it again.
  if (answer.status === 408 || answer.status === 425) {
    return new AppError('edge-failed', `${hostname} rejected the connection (HTTP ${answer.status}).`, {
      hint: 'It is tried again automatically.',
      retryable: true,
    });
  }
  if (hasOpened && answer.status >= 500) {
    return new AppError(
      'edge-failed',
      `${hostname} answered HTTP ${answer.status}: Cloudflare or the cluster's cloudflared has a fault. It opened tunnels until now.`,
      {
        hint: "It is tried again automatically. If it lasts, look at https://www.cloudflarestatus.com, then ask the cluster's owner.",
        retryable: true,
        mender: 'cluster-administrator',
      },
    );
  }
  if (hasOpened) {
    return new UnknownAnswer(
      'edge-failed',
      `${hostname} answered HTTP ${answer.status} instead of opening a tunnel, which it did until now.`,
      {
        hint: "Its application or its origin may have been changed: it is tried again automatically. If it lasts, ask the cluster's owner.",
        retryable: true,
        mender: 'cluster-administrator',
      },
    );
  }
  const message = `${hostname} answered HTTP ${answer.status} instead of opening a tunnel.`;
  const hint =
    "The application may not publish TCP or SOCKS: ask the cluster's owner to check its origin tag.";
  return answer.status >= 500
    ? new AppError('edge-failed', message, { hint, retryable: true })
    : new UnknownAnswer('edge-failed', message, { hint });
}
