import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { type Duplex, duplexPair } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FrameStream } from '../../../main/agent/tunnels/frame-stream.ts';
import { type Peer, serverFrame, startPeer } from './frames.ts';

const size = 64 << 20;
const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
const turn = () => new Promise((resolve) => setTimeout(resolve, 5));

/** Resolves when a number has stopped changing. */
async function settled(read: () => number): Promise<number> {
  for (let last = read(), same = 0; ; ) {
    await turn();
    const now = read();
    same = now === last ? same + 1 : 0;
    last = now;
    if (same === 20) return now;
  }
}

describe('with a WebSocket server', () => {
  let peer: Peer;
  beforeEach(async () => {
    peer = await startPeer();
  });
  afterEach(() => peer.close());

  it('downloads 64 MiB to a reader that starts late without holding it in memory', async () => {
    const { stream, socket } = await peer.open();
    const bytes = randomBytes(size);
    for (let at = 0; at < size; at += 1 << 20) socket.send(bytes.subarray(at, at + (1 << 20)));
    socket.close();
    const waiting = await settled(() => socket.bufferedAmount);
    expect(stream.readableLength).toBeLessThan(1 << 20);
    // The rest waits at the sender and in the system's own buffers.
    expect(waiting).toBeGreaterThan(size / 2);
    expect(sha256(await buffer(stream))).toBe(sha256(bytes));
  });

  it('uploads 64 MiB in messages that no origin truncates, at the pace of the reader', async () => {
    const { stream, socket, local } = await peer.open();
    const bytes = randomBytes(size);
    const hash = createHash('sha256');
    let longest = 0;
    let received = 0;
    socket.on('message', (message: Buffer, isBinary) => {
      expect(isBinary).toBe(true);
      longest = Math.max(longest, message.length);
      received += message.length;
      hash.update(message);
    });
    socket.pause();
    let written = 0;
    const upload = (async () => {
      for (let at = 0; at < size; at += 1 << 18) {
        if (!stream.write(bytes.subarray(at, at + (1 << 18)))) await once(stream, 'drain');
        written = at;
      }
      stream.end();
    })();
    expect(await settled(() => written)).toBeLessThan(size / 2);
    expect(local.writableLength).toBeLessThan(1 << 20);
    socket.resume();
    const [code] = await once(socket, 'close');
    await upload;
    expect({ code, received, longest }).toEqual({ code: 1000, received: size, longest: 16_384 });
    expect(hash.digest('hex')).toBe(sha256(bytes));
  });

  it('joins fragments with a ping between them, and answers the ping', async () => {
    const { stream, socket } = await peer.open();
    const pong = once(socket, 'pong');
    socket.send('one ', { binary: true, fin: false });
    socket.ping('are you there');
    socket.send('two', { binary: true, fin: true });
    expect(String((await pong)[0])).toBe('are you there');
    socket.close();
    expect(String(await buffer(stream))).toBe('one two');
  });

  it.each([0, 1, 125, 126, 127, 65_535, 65_536, 200_000])('carries a message of %i bytes', async (length) => {
    const { stream, socket } = await peer.open();
    const bytes = randomBytes(length);
    socket.send(bytes);
    socket.close();
    expect((await buffer(stream)).equals(bytes)).toBe(true);
    await once(socket, 'close');
  });

  it('hands out everything that came before the connection ended without a close frame', async () => {
    const { stream, socket, tcp } = await peer.open();
    const dropped = once(stream, 'dropped');
    const bytes = randomBytes(200_000);
    socket.send(bytes);
    tcp.end();
    await dropped;
    await settled(() => stream.readableLength);
    expect((await buffer(stream)).equals(bytes)).toBe(true);
  });

  it('fails with edge-failed when the connection is reset', async () => {
    const { stream, tcp } = await peer.open();
    const failed = once(stream, 'error').catch((error: unknown) => [error]);
    tcp.resetAndDestroy();
    expect((await failed)[0]).toMatchObject({ code: 'edge-failed', retryable: true });
  });

  it('keeps quiet when the other side closes while much is being written', async () => {
    const { stream, socket } = await peer.open();
    stream.resume();
    const ended = once(stream, 'end');
    const closed = once(stream, 'close');
    stream.write(randomBytes(4 << 20));
    socket.close();
    stream.write(randomBytes(4 << 20));
    await Promise.all([ended, closed]);
    expect(stream.errored).toBeNull();
  });

  it('lets go of its socket when it is destroyed while data waits to be read', async () => {
    const { stream, socket, local } = await peer.open();
    for (let at = 0; at < 16; at++) socket.send(randomBytes(1 << 20));
    await settled(() => stream.readableLength);
    const closed = once(local, 'close');
    stream.destroy();
    await once(socket, 'close');
    await closed;
  });
});

describe('frame by frame', () => {
  const opened: FrameStream[] = [];
  // All streams share a timer, which is to be made within the test that puts its clock forward.
  afterEach(() => {
    for (const stream of opened.splice(0)) stream.destroy(new Error('The test is over.'));
  });

  const open = (head: Buffer = Buffer.alloc(0)) => {
    const [ours, theirs] = duplexPair();
    const stream = new FrameStream(ours, head);
    opened.push(stream);
    return { stream, theirs };
  };

  it('reads the same whatever the pieces in which bytes come', async () => {
    const message = fc.record({
      code: fc.constantFrom(1, 2, 9, 10),
      length: fc.oneof(fc.nat(130), fc.constantFrom(125, 126, 65_535, 65_536)),
      cuts: fc.array(fc.nat(20), { maxLength: 8 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(message, { maxLength: 12 }), fc.boolean(), async (messages, asHead) => {
        const data: Buffer[] = [];
        const pieces: Buffer[] = [];
        for (const { code, length, cuts } of messages) {
          const payload = randomBytes(code > 2 ? Math.min(length, 125) : length);
          if (code <= 2) data.push(payload);
          let rest = serverFrame(code, payload);
          for (const cut of cuts) {
            pieces.push(rest.subarray(0, cut));
            rest = rest.subarray(cut);
          }
          pieces.push(rest);
        }
        pieces.push(serverFrame(8, ''));
        const { stream, theirs } = open(asHead ? pieces.shift() : undefined);
        theirs.resume();
        const read = buffer(stream);
        for (const piece of pieces) if (piece.length > 0) theirs.write(piece);
        expect((await read).equals(Buffer.concat(data))).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  it('owes a peer that pings without reading one answer, not all', async () => {
    const { stream, theirs } = open();
    stream.resume();
    const pings = 10_000;
    const payload = Buffer.alloc(100, 'p');
    for (let sent = 1; sent <= pings; sent += 1) {
      theirs.write(serverFrame(9, sent === pings ? 'last' : payload));
      if (sent % 100 === 0) await turn();
    }
    const answers: Buffer[] = [];
    theirs.on('data', (chunk: Buffer) => answers.push(chunk));
    await settled(() => answers.length);
    const bytes = Buffer.concat(answers);
    expect(bytes.length).toBeLessThan((pings * 106) / 2);
    // The last one is masked: four letters, behind two bytes of header and four of the mask.
    const end = bytes.subarray(-10);
    expect([end[0], end[1]]).toEqual([0x8a, 0x84]);
    stream.destroy();
  });

  it('reads headers of every length one byte at a time', async () => {
    const payloads = [3, 300, 70_000].map((length) => randomBytes(length));
    const { stream, theirs } = open();
    theirs.resume();
    const read = buffer(stream);
    for (const payload of payloads) for (const byte of serverFrame(2, payload)) theirs.write(Buffer.of(byte));
    theirs.write(serverFrame(8, ''));
    expect((await read).equals(Buffer.concat(payloads))).toBe(true);
  });

  it.each([
    ['masked', Buffer.from([0x82, 0x81, 1, 2, 3, 4, 5])],
    ['with a reserved bit', serverFrame(2, 'x', { bits: 0x40 })],
    ['a fragmented ping', serverFrame(9, 'x', { fin: false })],
    ['a ping that is too long', serverFrame(9, Buffer.alloc(126))],
    ['of an unknown kind of data', serverFrame(3, 'x')],
    ['of an unknown kind of control', serverFrame(11, 'x')],
    ['that goes on with nothing', serverFrame(0, 'x')],
    ['that begins within another', Buffer.concat([serverFrame(2, 'x', { fin: false }), serverFrame(2, 'y')])],
    ['longer than can be counted', Buffer.from([0x82, 127, 255, 255, 255, 255, 255, 255, 255, 255])],
  ])('refuses a frame %s', async (_, bytes) => {
    const { stream, theirs } = open();
    theirs.resume();
    const failed = once(stream, 'error').catch((error: unknown) => [error]);
    theirs.write(bytes);
    expect((await failed)[0]).toMatchObject({ code: 'edge-failed' });
  });

  it('passes over what comes after a close frame', async () => {
    const { stream, theirs } = open();
    theirs.resume();
    theirs.write(Buffer.concat([serverFrame(2, 'last'), serverFrame(8, ''), serverFrame(2, 'more')]));
    expect(String(await buffer(stream))).toBe('last');
  });

  it('masks with a new key each time, and what is unmasked is what was written', async () => {
    const { stream, theirs } = open();
    const writes = Array.from({ length: 1_100 }, (_, at) => Buffer.alloc((at % 9) + 1, at));
    for (const bytes of writes) stream.write(bytes);
    const sent = await drain(theirs);
    const keys = new Set<number>();
    let at = 0;
    for (const bytes of writes) {
      const key = sent.subarray(at + 2, at + 6);
      const body = sent.subarray(at + 6, at + 6 + bytes.length).map((byte, i) => byte ^ (key[i % 4] ?? 0));
      expect(sent[at]).toBe(0x82);
      expect(sent[at + 1]).toBe(0x80 | bytes.length);
      expect(Buffer.from(body).equals(bytes)).toBe(true);
      keys.add(key.readUInt32BE());
      at += 6 + bytes.length;
    }
    expect(at).toBe(sent.length);
    expect(keys.size).toBeGreaterThan(1_095);
    stream.destroy();
  });

  describe('in silence', () => {
    beforeEach(() => {
      vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'setTimeout', 'clearTimeout', 'Date'] });
    });
    afterEach(() => {
      vi.useRealTimers();
    });

    it('pings, lives on when it is answered, and is given up when not', async () => {
      const { stream, theirs } = open();
      const failures: unknown[] = [];
      stream.on('error', (error) => failures.push(error)).resume();
      vi.advanceTimersByTime(46_000);
      expect(await drain(theirs)).toHaveLength(0);
      vi.advanceTimersByTime(15_000);
      expect((await drain(theirs))[0]).toBe(0x89);
      theirs.write(serverFrame(10, ''));
      await flush();
      vi.advanceTimersByTime(60_000);
      expect(stream.destroyed).toBe(false);
      vi.advanceTimersByTime(45_000);
      await flush();
      expect(failures).toMatchObject([{ code: 'edge-failed' }]);
    });

    /** The process stands still while the computer's clock goes on: timers are late by it, each by once. */
    const sleep = (ms: number) => vi.setSystemTime(Date.now() + ms);
    const pings = (bytes: Buffer) => bytes.filter((byte) => byte === 0x89).length;

    it.each([
      ['heard of just before', 0],
      ['silent for a while', 50_000],
      ['that is owed an answer to its ping', 60_000],
    ])('lives through sleep, %s, and is asked at once', async (_, silentMs) => {
      const { stream, theirs } = open();
      stream.resume();
      vi.advanceTimersByTime(silentMs);
      await drain(theirs);
      sleep(3_600_000);
      vi.advanceTimersByTime(15_000);
      await flush();
      expect(stream.destroyed).toBe(false);
      expect((await drain(theirs))[0]).toBe(0x89);
      vi.advanceTimersByTime(15_000);
      await flush();
      expect(stream.destroyed).toBe(false);
      theirs.write(serverFrame(10, ''));
      await flush();
      vi.advanceTimersByTime(45_000);
      expect(stream.destroyed).toBe(false);
      stream.destroy();
    });

    it('lives through short stops between a ping and its answer', async () => {
      const { stream, theirs } = open();
      stream.resume();
      vi.advanceTimersByTime(60_000);
      expect((await drain(theirs))[0]).toBe(0x89);
      for (let stops = 0; stops < 5; stops++) {
        sleep(20_000);
        vi.advanceTimersByTime(15_000);
      }
      await flush();
      expect(stream.destroyed).toBe(false);
      stream.destroy();
    });

    it('is given up after sleep when nothing answers', async () => {
      const { stream, theirs } = open();
      const failures: unknown[] = [];
      stream.on('error', (error) => failures.push(error)).resume();
      sleep(3_600_000);
      vi.advanceTimersByTime(15_000);
      expect(pings(await drain(theirs))).toBeGreaterThan(0);
      vi.advanceTimersByTime(30_000);
      await flush();
      expect(failures).toMatchObject([{ code: 'edge-failed' }]);
    });

    it.each([
      ['forward', 3_600_000],
      ['back', -3_600_000],
    ])('a clock that is set %s neither ends it nor keeps it for ever', async (_, ms) => {
      const { stream, theirs } = open();
      const failures: unknown[] = [];
      stream.on('error', (error) => failures.push(error)).resume();
      sleep(ms);
      vi.advanceTimersByTime(30_000);
      await flush();
      expect(stream.destroyed).toBe(false);
      vi.advanceTimersByTime(60_000);
      await flush();
      expect(failures).toMatchObject([{ code: 'edge-failed' }]);
      theirs.resume();
    });

    it('keeps a connection whose reader rests', async () => {
      const { stream, theirs } = open();
      const bytes = randomBytes(400_000);
      theirs.write(serverFrame(2, bytes));
      await flush();
      vi.advanceTimersByTime(600_000);
      expect(stream.destroyed).toBe(false);
      expect((await drain(theirs))[0]).toBe(0x89);
      theirs.write(serverFrame(8, ''));
      theirs.resume();
      expect((await buffer(stream)).equals(bytes)).toBe(true);
    });

    it('leaves no timer when it is over', async () => {
      const { stream, theirs } = open();
      theirs.resume();
      theirs.once('end', () => theirs.end());
      stream.destroy();
      await flush();
      vi.advanceTimersByTime(1);
      await flush();
      expect(vi.getTimerCount()).toBe(0);
    });
  });
});

/** Lets streams hand on what they hold. */
async function flush(): Promise<void> {
  for (let turns = 0; turns < 20; turns++) await new Promise((resolve) => setImmediate(resolve));
}

/** What has been sent so far. */
async function drain(theirs: Duplex): Promise<Buffer> {
  await flush();
  const chunks: Buffer[] = [];
  for (let chunk = theirs.read() as Buffer | null; chunk !== null; chunk = theirs.read() as Buffer | null)
    chunks.push(chunk);
  return Buffer.concat(chunks);
}
