import { Duplex } from 'node:stream';
import { AppError } from '../../model/app-error.ts';
import { createBeat } from './beat.ts';
import { frame, headerSize, opcode } from './websocket-frame.ts';

/**
 * The edge closes a WebSocket that was silent for about 100 s; its own pings come every 54 s. Silence is counted in
 * whole checks: a ping goes out after 45 to 60 s of silence, and the connection is closed after 75 to 90 s.
 */
const lookEveryMs = 15_000;
const onLook = createBeat(lookEveryMs);
const pingAfterLooks = 4;
const deadAfterLooks = 6;
/** A check this late means that the process was stopped or the computer slept. */
const lateAfterMs = 5_000;
/** How long the edge may take to close its side after ours. */
const lingerMs = 5_000;

/**
 * The longest message to send. A cloudflared at the origin reads each message into a fixed buffer and drops the rest:
 * 16,384 bytes arrive at a tcp origin, 32,768 at a SOCKS one. Fragments do not help, because cloudflared joins them
 * first.
 */
const messageLimit = 16_384;

/**
 * Wraps the client's end of an upgraded WebSocket as a byte stream (RFC 6455): sends writes as masked binary frames,
 * and reads the payload of data frames. Answers pings, and sends them when the connection is silent. Ending the stream
 * sends a close frame: a WebSocket cannot be closed in one direction only.
 * The edge sends no close frame when the origin ends, so a connection that just ends is a normal end of the stream.
 * Because the edge may also have gone away, `dropped` is emitted too. The stream is destroyed with `edge-failed` when
 * the connection breaks, goes silent, or the edge violates the protocol.
 */
export class FrameStream extends Duplex {
  private readonly socket: Duplex;
  private readonly stopLooking: () => void;
  private header: Buffer = Buffer.alloc(0);
  /** The payload bytes of the current frame that are still to come, and their opcode. */
  private missing = 0;
  private current = 0;
  private control: Buffer[] = [];
  /** Checks since something was received. */
  private silentLooks = 0;
  private lookedAt = Date.now();
  /** True if the last fragment of a message is still to come. */
  private isFragmented = false;
  private owedPong: Buffer | undefined;
  private closeSent = false;
  private over = false;
  /** Continues writing when the socket has room. */
  private waiting: (() => void) | undefined;

  constructor(socket: Duplex, head: Buffer) {
    super({ allowHalfOpen: false, readableHighWaterMark: 256 * 1024, writableHighWaterMark: 256 * 1024 });
    this.socket = socket;
    // An `error` event without a listener ends the process, and this stream can fail between two owners.
    this.on('error', () => {});
    socket.on('data', (chunk: Buffer) => this.receive(chunk));
    socket.on('error', (cause) => {
      if (!this.over) this.destroy(dropped(cause));
    });
    socket.once('close', () => {
      if (!this.over) this.destroy(this.closeSent ? undefined : dropped());
    });
    socket.once('end', () => this.finish());
    socket.on('drain', () => {
      if (this.owedPong !== undefined) this.sendControl(opcode.pong, this.owedPong);
      this.owedPong = undefined;
      this.wrote();
    });
    this.stopLooking = onLook(() => this.keepAlive());
    if (head.length > 0) this.receive(head);
  }

  override _read(): void {
    if (!this.socket.isPaused()) return;
    this.silentLooks = 0;
    this.socket.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    // Discard it, as on a TCP connection that the other end has closed.
    if (this.over || this.closeSent) {
      done();
      return;
    }
    // An empty write sends nothing, but makes the system report a reset that a paused socket does not notice.
    let flows = chunk.length > 0 || this.socket.write(chunk);
    this.socket.cork();
    for (let at = 0; at < chunk.length; at += messageLimit) {
      flows = this.socket.write(frame(opcode.binary, chunk.subarray(at, at + messageLimit)));
    }
    this.socket.uncork();
    if (flows) done();
    else this.waiting = done;
  }

  override _final(done: (error?: Error | null) => void): void {
    this.sendClose();
    done();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.stopLooking();
    // A clean end flushes the close frame. A failure does not wait.
    if (error === null && !this.socket.destroyed) this.endGently();
    else this.socket.destroy();
    done(error);
  }

  private endGently(): void {
    this.sendClose();
    this.socket.end();
    // Discard what still arrives: the end of a paused connection would never be seen.
    this.socket.resume();
    const linger = setTimeout(() => this.socket.destroy(), lingerMs);
    linger.unref();
    this.socket.once('close', () => clearTimeout(linger));
  }

  /** The other side has ended: received bytes can still be read, but nothing can be sent. */
  private finish(): void {
    if (this.over) return;
    this.over = true;
    if (!this.closeSent) this.emit('dropped');
    this.push(null);
    this.socket.end();
    // A socket that ends emits no `drain`.
    this.wrote();
  }

  private wrote(): void {
    const done = this.waiting;
    this.waiting = undefined;
    done?.();
  }

  private sendClose(): void {
    if (this.closeSent || this.over || this.socket.destroyed) return;
    this.closeSent = true;
    const normal = Buffer.from([0x03, 0xe8]);
    this.socket.write(frame(opcode.close, normal));
  }

  private keepAlive(): void {
    // Use the wall clock, which continues during sleep. Linux's monotonic clock stops then, so no timer would be late
    // by it. Setting the clock forward looks like sleep, and costs one ping.
    const now = Date.now();
    const isLate = now - this.lookedAt > lookEveryMs + lateAfterMs;
    this.lookedAt = now;
    // Bytes that arrived during sleep have not been read yet, and the edge got no answer: do not count that silence.
    this.silentLooks = isLate ? pingAfterLooks : this.silentLooks + 1;
    // Nothing is received while the reader pauses: do not count that silence.
    if (this.silentLooks >= deadAfterLooks && !this.socket.isPaused())
      this.destroy(this.closeSent ? undefined : dropped());
    else if (this.silentLooks >= pingAfterLooks) this.sendControl(opcode.ping, Buffer.alloc(0));
  }

  private sendControl(code: number, body: Buffer): void {
    if (!this.closeSent && !this.over) this.socket.write(frame(code, body));
  }

  /** Answers only the last ping: a peer that pings without reading would otherwise fill our memory with answers. */
  private answerPing(body: Buffer): void {
    if (this.socket.writableNeedDrain) this.owedPong = body;
    else this.sendControl(opcode.pong, body);
  }

  private receive(chunk: Buffer): void {
    this.silentLooks = 0;
    let bytes = this.header.length === 0 ? chunk : Buffer.concat([this.header, chunk]);
    this.header = Buffer.alloc(0);
    while (bytes.length > 0 && !this.destroyed && !this.over) {
      if (this.missing > 0) {
        const payload = bytes.subarray(0, this.missing);
        this.missing -= payload.length;
        bytes = bytes.subarray(payload.length);
        this.accept(payload);
        continue;
      }
      const size = headerSize(bytes);
      if (size === undefined || bytes.length < size) {
        this.header = bytes;
        return;
      }
      if (!this.begin(bytes, size)) return;
      bytes = bytes.subarray(size);
    }
  }

  /** Parses a frame's header. Returns false if the peer violated the protocol. */
  private begin(bytes: Buffer, size: number): boolean {
    const first = bytes.readUInt8(0);
    const code = first & 15;
    const length =
      size === 2
        ? bytes.readUInt8(1) & 127
        : size === 4
          ? bytes.readUInt16BE(2)
          : Number(bytes.readBigUInt64BE(2));
    const isControl = code >= opcode.close;
    const isMasked = (bytes.readUInt8(1) & 128) !== 0;
    const isFragmentedControl = isControl && ((first & 128) === 0 || length > 125);
    const isUnknown = isControl ? code > opcode.pong : code > opcode.binary;
    const isOutOfTurn = !isControl && (code === opcode.continuation) !== this.isFragmented;
    const isBroken = (first & 0x70) !== 0 || isMasked || isUnknown || isFragmentedControl || isOutOfTurn;
    if (isBroken || !Number.isSafeInteger(length)) {
      this.destroy(
        new AppError('edge-failed', 'The edge broke the WebSocket protocol.', { retryable: true }),
      );
      return false;
    }
    if (!isControl) this.isFragmented = (first & 128) === 0;
    this.current = code;
    this.missing = length;
    if (length === 0) this.accept(Buffer.alloc(0));
    return true;
  }

  private accept(payload: Buffer): void {
    if (this.current <= opcode.binary) {
      if (payload.length > 0 && !this.push(payload)) this.socket.pause();
      return;
    }
    this.control.push(payload);
    if (this.missing > 0) return;
    const body = Buffer.concat(this.control);
    this.control = [];
    if (this.current === opcode.ping) this.answerPing(body);
    if (this.current === opcode.close) {
      this.sendClose();
      this.finish();
    }
  }
}

function dropped(cause?: unknown): AppError {
  return new AppError('edge-failed', 'The connection to the edge was dropped.', { retryable: true, cause });
}
