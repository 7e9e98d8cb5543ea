import type { Duplex } from 'node:stream';
import { AppError } from '../../model/app-error.ts';
import type { Clock } from '../parts.ts';

/** More than a TLS client sends before the first answer, with a post-quantum key share and a long ticket. */
const flightLimit = 16 * 1024;
/** How long to wait for a silent connection if no other one can be opened. */
const graceMs = 1_000;
/** The types of the TLS records that carry a ClientHello, and those that may follow it (RFC 8446, 5.1 and D.4). */
const tlsHandshake = 0x16;
const tlsChangeCipherSpec = 0x14;

/**
 * Sends a client's first bytes over a spare connection, and resolves with the connection that answers. A spare can be
 * dead without notice: a cloudflared at the origin does not pass on that the API server closed it, and neither does a
 * network that drops everything. If nothing has come back after `patienceMs`, or the spare ends, sends the same bytes
 * over `another` too. The first to answer wins. A ClientHello may be sent twice: the server that is not used never
 * completes its handshake. Anything else, such as a request that a client sends as early data, is sent once.
 * Destroys the connections that it does not resolve with. Rejects with `cancelled` when the client disconnects, and
 * with the error of `another` when both connections fail.
 */
export function firstAnswer(options: {
  readonly clock: Clock;
  readonly client: Duplex;
  readonly kept: Duplex;
  readonly another: (signal: AbortSignal) => Promise<Duplex>;
  readonly patienceMs: number;
  readonly onSent: (bytes: number) => void;
  /** Called when the spare turned out to be unusable. */
  readonly onDead: () => void;
}): Promise<Duplex> {
  const { clock, client, kept, another, patienceMs, onSent, onDead } = options;
  return new Promise((resolve, reject) => {
    const flight: Buffer[] = [];
    let sent = 0;
    const candidates = new Map<Duplex, () => unknown>();
    const giveUp = new AbortController();
    let cancelTimer = () => {};
    let isOver = false;
    let isReplacing = false;
    let failure: Error | undefined;

    const end = (winner: Duplex | undefined) => {
      isOver = true;
      cancelTimer();
      client.off('readable', readClient).off('end', leave).off('close', leave);
      for (const [stream, stopListening] of candidates) {
        stopListening();
        if (stream !== winner) stream.destroy();
      }
      giveUp.abort(new AppError('cancelled', 'The connection is not needed.'));
    };
    const win = (stream: Duplex) => {
      if (isOver) return;
      end(stream);
      if (stream !== kept) onDead();
      resolve(stream);
    };
    const fail = (error: Error) => {
      if (isOver) return;
      end(undefined);
      reject(error);
    };
    const leave = () => fail(new AppError('cancelled', 'The client went away.'));

    const listenTo = (stream: Duplex) => {
      const look = () => {
        if (stream.readableLength > 0) win(stream);
        // Node reports the end of a stream only to a reader.
        else stream.read(0);
      };
      const lost = () => lose(stream);
      // Keep the listener: a stream that fails between two owners needs one.
      stream.on('error', () => {});
      stream.on('readable', look).on('end', lost).on('close', lost);
      candidates.set(stream, () => stream.off('readable', look).off('end', lost).off('close', lost));
      if (stream.destroyed) lost();
      else look();
    };
    const lose = (stream: Duplex) => {
      if (isOver) return;
      candidates.get(stream)?.();
      candidates.delete(stream);
      stream.destroy();
      if (stream === kept) replace();
      else {
        const error = new AppError('origin-failed', 'The connection ended without an answer.', {
          retryable: true,
        });
        failure ??= error;
        // Wait for the spare only as long as when no other connection can be opened.
        if (candidates.size > 0) cancelTimer = clock.timer(graceMs, () => fail(error));
      }
      if (candidates.size === 0 && failure !== undefined) fail(failure);
    };

    const replace = () => {
      cancelTimer();
      if (isReplacing || isOver) return;
      isReplacing = true;
      another(giveUp.signal).then(
        (stream) => {
          if (isOver) {
            stream.destroy();
            return;
          }
          for (const chunk of flight) stream.write(chunk);
          listenTo(stream);
        },
        (error: Error) => {
          failure = error;
          if (candidates.size === 0) fail(error);
          else cancelTimer = clock.timer(graceMs, () => fail(error));
        },
      );
    };

    const readClient = () => {
      while (!isOver) {
        const chunk = client.read() as Buffer | null;
        if (chunk === null) return;
        if (flight.length === 0) cancelTimer = clock.timer(patienceMs, replace);
        flight.push(chunk);
        sent += chunk.length;
        onSent(chunk.length);
        if (sent <= flightLimit && isHandshake(Buffer.concat(flight))) {
          for (const stream of candidates.keys()) stream.write(chunk);
          continue;
        }
        // The only candidate, or the newer one.
        const last = [...candidates.keys()].at(-1);
        last?.write(chunk);
        if (last !== undefined) win(last);
      }
    };

    listenTo(kept);
    if (isOver) return;
    client.on('readable', readClient).on('end', leave).on('close', leave);
    readClient();
    // Node reports an end only to a reader.
    if (!isOver && client.readableLength === 0) client.read(0);
  });
}

/** Returns true if these are the first bytes of a TLS client that has sent only its handshake so far. */
function isHandshake(bytes: Buffer): boolean {
  const headerSize = 5;
  let at = 0;
  while (at < bytes.length) {
    if (bytes[at] !== tlsHandshake && bytes[at] !== tlsChangeCipherSpec) return false;
    if (at + headerSize > bytes.length) return true;
    at += headerSize + bytes.readUInt16BE(at + 3);
  }
  return true;
}
