import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { AppError } from '../../../model/app-error.ts';

/** How long cloudflared may take to accept what is left, and to close its side. */
const lingerMs = 5_000;

/**
 * A connection through cloudflared. It accepts every connection and just closes those that it cannot carry: one that ends
 * before a byte came is destroyed with what `explain` finds out. As of a WebSocket, ending one direction ends both.
 * `carried` is emitted with the first byte; `dropped` as by FrameStream, when the other side is done.
 */
export class CarriedStream extends Duplex {
  private readonly socket: Socket;
  private hasCarried = false;
  private over = false;

  constructor(socket: Socket, explain: () => Promise<Error | undefined>) {
    super({ allowHalfOpen: false, readableHighWaterMark: 256 * 1024, writableHighWaterMark: 256 * 1024 });
    this.socket = socket;
    // An error that nobody listens for ends the process, and both can fail between two owners.
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
    // As on a TCP connection that the other end has closed: it goes nowhere.
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

  /** Lets out what was written, unless cloudflared does not accept it: it may be stopped, or its edge stalled. */
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
    hint: 'It is opened again by itself.',
    retryable: true,
    cause,
  });
}
