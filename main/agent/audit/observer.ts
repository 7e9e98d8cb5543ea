import type { Writable } from 'node:stream';
import type { AuditRequest } from '../../model/audit-entry.ts';
import type { Exchange } from '../api-proxy/exchange.ts';
import { valuesOf } from '../api-proxy/headers.ts';
import { clientOf, requestOf } from './request.ts';

/** What is known of a request besides itself. */
type RequestOrigin = Pick<AuditRequest, 'cluster' | 'title' | 'readOnly'>;

/**
 * Returns the exchange as it goes on, which reports its request when it is answered: a long answer when it begins too.
 * The request is read after its answer, so that the client does not wait for it, and bytes are counted as they pass.
 */
export function observed(
  exchange: Exchange,
  options: {
    readonly origin: RequestOrigin;
    readonly now: () => number;
    /** Names a long answer. */
    readonly nameStream: () => string;
    readonly record: (entry: AuditRequest) => void;
  },
): Exchange {
  const { origin, now, nameStream, record } = options;
  const { method, path, fields } = exchange;
  const at = now();
  let hasBegun = false;
  const report = (
    event: AuditRequest['event'],
    answer: Pick<AuditRequest, 'status' | 'bytes' | 'refused' | 'incomplete' | 'stream'>,
  ) => {
    const client = clientOf(valuesOf(fields, 'user-agent')[0]);
    record({
      event,
      at,
      ...origin,
      ...requestOf(method, path),
      ...answer,
      ms: now() - at,
      ...(client === undefined ? {} : { client }),
    });
  };

  return {
    ...exchange,
    respond(status, given) {
      const to = exchange.respond(status, given);
      if (hasBegun) return to;
      hasBegun = true;
      if (to === undefined) {
        report('answered', { status, bytes: 0 });
        return to;
      }
      const isLong = status === 101 || (status < 300 && isFollowed(path));
      const stream = isLong ? { stream: nameStream() } : {};
      if (isLong) report('opened', { status, bytes: 0, ...stream });
      const bytes = status === 101 ? countSocket(exchange) : countWritten(to);
      to.once('close', () => {
        // A connection that was handed over ends by being closed.
        const isIncomplete = exchange.signal.aborted && exchange.upgrade === undefined;
        const incomplete = isIncomplete ? ({ incomplete: true } as const) : {};
        report(isLong ? 'closed' : 'answered', { status, bytes: bytes(), ...stream, ...incomplete });
      });
      return to;
    },
    refuse(status) {
      if (!hasBegun) {
        hasBegun = true;
        const { code, body } = status;
        const refused = code < 500 ? ({ refused: true } as const) : {};
        report('answered', { status: code, bytes: Buffer.byteLength(body), ...refused });
      }
      exchange.refuse(status);
    },
    breakOff() {
      if (!hasBegun) {
        hasBegun = true;
        report('answered', { bytes: 0, incomplete: true });
      }
      exchange.breakOff();
    },
  };
}

/** Returns true if the answer may last: a watch, or a log that is followed. */
function isFollowed(target: string): boolean {
  return target.includes('watch=') || target.includes('/watch/') || target.includes('follow=');
}

/** Counts the bytes of an upgraded connection from now on. */
function countSocket({ socket }: Exchange): () => number {
  const before = socket.bytesWritten;
  return () => socket.bytesWritten - before;
}

/** Counts what is written to a stream, without a copy and without another stream in between. */
function countWritten(to: Writable): () => number {
  let bytes = 0;
  const counting =
    <A extends readonly unknown[], R>(work: (...args: A) => R) =>
    (...args: A): R => {
      const [chunk] = args;
      if (typeof chunk === 'string') bytes += Buffer.byteLength(chunk);
      else if (chunk instanceof Uint8Array) bytes += chunk.byteLength;
      return work.apply(to, args as unknown as [...A]);
    };
  to.write = counting(to.write) as Writable['write'];
  to.end = counting(to.end) as Writable['end'];
  return () => bytes;
}
