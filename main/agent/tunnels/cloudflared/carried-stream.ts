import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { AppError } from '../../../model/app-error.ts';

/** How long cloudflared may take to accept the remaining bytes and to close its side. */
const lingerMs = 5_000;

/**
 * A connection through cloudflared, which accepts every connection and closes those that it cannot forward. A
 * connection that ends before a byte arrived is destroyed with the error that `explain` returns. Ending one direction
 * ends both, as with a WebSocket. Emits `carried` with the first byte, and `dropped` when the other side has ended, as
 * FrameStream does.
 */
export class CarriedStream extends Duplex {
  private readonly socket: Socket;
  private hasCarried = false;
  private over = false;

  constructor(socket: Socket, explain: () => Promise<Error | undefined>) {
    super({ allowHalfOpen: false, readableHighWaterMark: 256 * 1024, writableHighWaterMark: 256 * 1024 });
    this.socket = socket;
    // An `error` event without a listener ends the process, and both streams can fail between two owners.
    this.on('error', () => {});
    socket.on('error', () => {});
    socket.on('data', (chunk: Buffer) => {
      if (!this.hasCarried) {
        this.hasCarried = true;
        this.emit('carried');
      }
      if (!this.push(chunk)) socket.pause();
    });
    const finish = (failure: Error | undefined) => {
      if (this.over) return;
      this.over = true;
      if (this.hasCarried || this.writableEnded) this.finish(failure);
      else
        explain().then(
          (error) => this.finish(error),
          (error: Error) => this.finish(error),
        );
    };
    socket.once('end', () => finish(undefined));
    socket.once('error', (cause) => finish(broken(cause)));
    socket.once('close', () => finish(broken()));
  }

  override _read(): void {
    this.socket.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    // Discard it, as on a TCP connection that the other end has closed.
    if (this.over || !this.socket.writable) done();
    else this.socket.write(chunk, () => done());
  }

  override _final(done: (error?: Error | null) => void): void {
    this.socket.end(() => done());
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.over = true;
    if (error === null) this.endGently();
    else this.socket.destroy();
    done(error);
  }

  /** Flushes what was written, unless cloudflared does not accept it: it may be stopped, or its edge stalled. */
  private endGently(): void {
    const { socket } = this;
    if (socket.destroyed) return;
    const linger = setTimeout(() => socket.destroy(), lingerMs);
    linger.unref();
    socket.once('close', () => clearTimeout(linger));
    socket.destroySoon();
  }

  private finish(failure: Error | undefined): void {
    if (this.destroyed) return;
    if (failure !== undefined) {
      this.destroy(failure);
      return;
    }
    if (!this.writableEnded) this.emit('dropped');
    this.push(null);
  }
}

function broken(cause?: Error): AppError {
  return new AppError('edge-failed', 'The connection through cloudflared broke.', {
    hint: 'It is reopened automatically.',
    retryable: true,
    cause,
  });
}
