import type { Duplex } from 'node:stream';
import { AppError } from '../../model/app-error.ts';
import type { Clock } from '../parts.ts';

/** More than a TLS client sends before the first answer, with a post-quantum key share and a long ticket. */
const flightLimit = 16 * 1024;
/** How long a silent connection is still waited for when no other one can be made. */
const graceMs = 1_000;
/** The types of the TLS records that a ClientHello travels in, and what may stand behind it (RFC 8446, 5.1 and D.4). */
const tlsHandshake = 0x16;
const tlsChangeCipherSpec = 0x14;

/**
 * Sends what a client says first over a connection that was kept ready, and resolves with the connection on which
 * something comes back. Such a connection can be dead without a sign: a cloudflared at the origin does not pass on
 * that the API server closed it, and neither does a network that drops everything. When nothing has come back after
 * `patienceMs`, or the kept connection ends, the same bytes are sent over `another` too, and the first to answer wins.
 * A ClientHello may be sent twice: the server that is not used never completes its handshake. Anything else, as a request
 * that a client sends with it as early data, is sent once.
 * Whatever is not resolved with is destroyed. Rejects with `cancelled` when the client goes away, and with the failure
 * of `another` when both are of no use.
 */
export function firstAnswer(options: {
  readonly clock: Clock;
  readonly client: Duplex;
  readonly kept: Duplex;
  readonly another: (signal: AbortSignal) => Promise<Duplex>;
  readonly patienceMs: number;
  readonly onSent: (bytes: number) => void;
  /** The kept connection was of no use. */
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
        // The end of a stream shows only where it is read for.
        else stream.read(0);
      };
      const lost = () => lose(stream);
      // Stays: what fails between two owners must find somebody who listens.
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
        // The kept one is waited for no longer than where no other can be made.
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
        // The one that is there, or the newer one.
        const last = [...candidates.keys()].at(-1);
        last?.write(chunk);
        if (last !== undefined) win(last);
      }
    };

    listenTo(kept);
    if (isOver) return;
    client.on('readable', readClient).on('end', leave).on('close', leave);
    readClient();
    // An end shows only where it is read for.
    if (!isOver && client.readableLength === 0) client.read(0);
  });
}

/** Whether these are the first bytes of a TLS client that has sent nothing yet but its handshake. */
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
