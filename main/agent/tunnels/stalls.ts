import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

const defaultLookMs = 2_000;

/**
 * Closes the end of a piped connection that disconnects while the other end accepts nothing. The owner of the
 * connection closes the other end.
 * A socket that is not read from notices neither an end nor a reset: Node stops watching it, and an end waits behind
 * bytes that were sent before it. Reading on into a buffer of our own would only delay that, because a client that
 * uploads has more to send than any buffer holds. So while nothing moves, the system is asked: an empty write reports a
 * reset, and the table of connections shows whether a process still holds the client's end (`isHeld`; true for a client
 * that only ended its sending side). A connection that moves costs one timer while it is held back, an idle one
 * nothing.
 */
export function watchStalls(options: {
  readonly client: Socket;
  readonly remote: Duplex;
  /** Returns the bytes that have passed so far, in both directions. */
  readonly moved: () => number;
  /** Resolves with true if a process holds the client's end, or if this computer cannot tell. Never rejects. */
  readonly isHeld: () => Promise<boolean>;
  /** How long nothing may move before both ends are checked, and how often they are checked after that, ms. */
  readonly lookEveryMs?: number | undefined;
}): void {
  const { client, remote, moved, isHeld, lookEveryMs = defaultLookMs } = options;
  const empty = Buffer.alloc(0);
  let timer: NodeJS.Timeout | undefined;

  const look = async (before: number): Promise<void> => {
    timer = undefined;
    const isHeldBack = remote.writableNeedDrain || client.writableNeedDrain;
    if (!isHeldBack || client.destroyed || remote.destroyed) return;
    if (moved() === before) {
      // Do not write to an ended stream: it would be destroyed, together with received bytes that were not read yet.
      if (remote.writable && !remote.writableNeedDrain) remote.write(empty);
      if (client.writable && !client.writableNeedDrain) client.write(empty);
      // An end that is still read from reports this itself.
      if (remote.writableNeedDrain && !(await isHeld())) client.destroy(new Error('The client has gone.'));
    }
    watch();
  };
  const watch = () => {
    if (timer !== undefined || client.destroyed || remote.destroyed) return;
    const before = moved();
    timer = setTimeout(() => void look(before), lookEveryMs);
    timer.unref();
  };
  // `pipe` pauses the side that sends faster than the other side accepts.
  for (const side of [client, remote]) {
    side.on('pause', watch);
    side.once('close', () => clearTimeout(timer));
  }
}
