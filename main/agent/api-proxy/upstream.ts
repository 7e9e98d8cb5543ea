import http from 'node:http';
import http2 from 'node:http2';
import type { Readable } from 'node:stream';
import type tls from 'node:tls';
import { AppError } from '../../model/app-error.ts';
import type { Clock } from '../parts.ts';
import type { Fields } from './headers.ts';
import { type ClientCertificate, type DialUpstream, openSecure } from './upstream-connection.ts';
import { overHttp1, overHttp2, type Switched, switchProtocol } from './upstream-request.ts';

/** A request for the API server, without anything that belongs to the client's connection. */
export interface Request {
  readonly method: string;
  /** Path and query, as the client sent them. */
  readonly path: string;
  readonly fields: Fields;
  readonly body: Readable | undefined;
}

export interface Answer {
  readonly status: number;
  readonly fields: Fields;
  readonly body: Readable;
}

/** The connections to one API server with one credential. All clients share them. */
export interface Upstream {
  /** Rejects as `openSecure` does, with `origin-failed` if the connection breaks before the answer. */
  request(request: Request, signal: AbortSignal): Promise<Answer>;
  /** Asks for another protocol on a connection of its own. Resolves with the answer if the server does not switch. */
  upgrade(request: Request, protocol: string, signal: AbortSignal): Promise<Switched | Answer>;
  /** Ends every connection and request. */
  close(): void;
}

/** The most requests at once on one HTTP/2 connection: kube-apiserver allows 250, and Go's clients keep to 100 at first. */
const streamsAtMost = 200;
/** How much of an answer may be on its way before the client has read it, for each request. */
const windowBytes = 4 * 1024 * 1024;
/** The same for all requests of a connection: HTTP/2 begins with 64 KB, which a tunnel's round trip makes slow. */
const sessionWindowBytes = 64 * 1024 * 1024;
/** MB that Node lets one connection hold. */
const sessionMemoryMb = 256;
/** An open connection of which nothing comes is asked after this time, as Go's transport does for Kubernetes clients. */
const pingEveryMs = 30_000;
const pingLimitMs = 15_000;
/** How long a connection without requests is kept. */
const idleMs = 60_000;

interface Session {
  readonly session: http2.ClientHttp2Session;
  streams: number;
  /** When a request began or ended, ms since the epoch. */
  usedAt: number;
}

export function createUpstream(options: {
  readonly dial: DialUpstream;
  readonly clock: Clock;
  /** `host:port`. */
  readonly authority: string;
  readonly certificate: ClientCertificate | undefined;
}): Upstream {
  const { dial, clock, authority, certificate } = options;
  const closing = new AbortController();
  const sessions = new Set<Session>();
  const sockets = new Set<tls.TLSSocket>();
  let opening: Promise<Session | 'http1'> | undefined;
  let speaksHttp1 = false;

  const open = async (protocols: readonly string[], signal: AbortSignal) => {
    const secure = await openSecure({ dial, clock, protocols, certificate, signal });
    sockets.add(secure);
    secure.once('close', () => sockets.delete(secure)).on('error', () => {});
    if (closing.signal.aborted) secure.destroy();
    return secure;
  };

  class DialAgent extends http.Agent {
    override createConnection(_: unknown, done?: (error: Error | null, socket: tls.TLSSocket) => void) {
      open(['http/1.1'], closing.signal).then(
        (secure) => done?.(null, secure),
        (error: Error) => done?.(error, undefined as never),
      );
      return undefined as never;
    }
  }
  const agent = new DialAgent({ keepAlive: true, maxFreeSockets: 8, scheduling: 'lifo' });

  const sessionOver = (secure: tls.TLSSocket): Session => {
    const session = http2.connect(`https://${authority}`, {
      createConnection: () => secure,
      settings: { enablePush: false, initialWindowSize: windowBytes },
      maxSessionMemory: sessionMemoryMb,
    });
    const known: Session = { session, streams: 0, usedAt: clock.now() };
    sessions.add(known);
    session.once('connect', () => session.setLocalWindowSize(sessionWindowBytes));
    let cancel = () => {};
    const watch = () => {
      cancel = clock.timer(pingEveryMs, () => {
        if (session.destroyed) return;
        if (known.streams === 0) {
          if (clock.now() - known.usedAt >= idleMs) session.close();
          else watch();
          return;
        }
        const giveUp = clock.timer(pingLimitMs, () => session.destroy(broken(authority)));
        session.ping((error) => {
          giveUp();
          if (error === null) watch();
        });
      });
    };
    session.on('error', () => {});
    session.on('goaway', () => sessions.delete(known));
    session.once('close', () => {
      sessions.delete(known);
      cancel();
    });
    watch();
    return known;
  };

  const openSession = async (): Promise<Session | 'http1'> => {
    const secure = await open(['h2', 'http/1.1'], closing.signal);
    if (secure.alpnProtocol === 'h2') return sessionOver(secure);
    speaksHttp1 = true;
    secure.destroy();
    return 'http1';
  };
  const free = () =>
    [...sessions].find(({ session, streams }) => {
      const most = Math.min(session.remoteSettings?.maxConcurrentStreams ?? streamsAtMost, streamsAtMost);
      return !session.closed && !session.destroyed && streams < most;
    });
  const session = async (): Promise<Session | 'http1'> => {
    for (;;) {
      const ready = free();
      if (ready !== undefined) return ready;
      if (speaksHttp1) return 'http1';
      opening ??= openSession().finally(() => {
        opening = undefined;
      });
      const opened = await opening;
      if (opened === 'http1' || opened.streams < streamsAtMost) return opened;
    }
  };

  const once = async (request: Request, signal: AbortSignal) => {
    const found = await session();
    if (signal.aborted) throw new AppError('cancelled', 'The client went away.');
    if (found === 'http1') return overHttp1(request, { agent, authority, signal });
    found.streams += 1;
    found.usedAt = clock.now();
    return overHttp2(request, {
      session: found.session,
      authority,
      signal,
      onClosed: () => {
        found.streams -= 1;
        found.usedAt = clock.now();
      },
    });
  };

  return {
    async request(request, signal) {
      try {
        return await once(request, signal);
      } catch (error) {
        // A connection that was used before may have ended at that moment. Nothing that changes anything is sent twice.
        const isSafe = ['GET', 'HEAD', 'OPTIONS'].includes(request.method) && request.body === undefined;
        const isBroken = error instanceof AppError && error.code === 'origin-failed';
        if (!isSafe || !isBroken || signal.aborted || closing.signal.aborted) throw error;
        return once(request, signal);
      }
    },
    async upgrade(request, protocol, signal) {
      const secure = await open(['http/1.1'], AbortSignal.any([signal, closing.signal]));
      return switchProtocol(request, { secure, authority, protocol, signal });
    },
    close() {
      closing.abort(new AppError('cancelled', 'The connection to the cluster was closed.'));
      for (const { session: one } of sessions) one.destroy();
      for (const secure of sockets) secure.destroy();
      agent.destroy();
    },
  };
}

function broken(authority: string): AppError {
  return new AppError('origin-failed', `${authority} does not answer any more.`, { retryable: true });
}
