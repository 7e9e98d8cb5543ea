import { type Duplex, duplexPair } from 'node:stream';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { firstAnswer } from '../../../main/agent/tunnels/first-flight.ts';
import { AppError } from '../../../main/model/app-error.ts';
import { type SkippingClock, skippingClock } from '../skipping-clock.ts';

/** Begins as a TLS record of a handshake. */
const hello = Buffer.concat([Buffer.of(0x16, 3, 1), Buffer.from(' client hello')]);
const patienceMs = 250;
const flush = () => new Promise((resolve) => setTimeout(resolve, 0));

interface End {
  readonly ours: Duplex;
  readonly theirs: Duplex;
  /** What came out at the other end. */
  readonly heard: () => string;
}
function end(): End {
  const [ours, theirs] = duplexPair();
  let heard = '';
  theirs.on('data', (chunk: Buffer) => {
    heard += chunk.toString('latin1');
  });
  return { ours, theirs, heard: () => heard };
}

let clock: SkippingClock;
let client: End;
let kept: End;
let fresh: End;
let dials: AbortSignal[];
let dead: number;
let sent: number;
let outcome: { stream?: Duplex; error?: unknown };
/** What the dial of another connection comes to. */
let dialing: PromiseWithResolvers<Duplex>;

beforeEach(() => {
  clock = skippingClock({ isStill: true });
  [client, kept, fresh] = [end(), end(), end()];
  dials = [];
  dead = 0;
  sent = 0;
  outcome = {};
  dialing = Promise.withResolvers();
  firstAnswer({
    clock,
    client: client.ours,
    kept: kept.ours,
    another: (signal) => {
      dials.push(signal);
      return dialing.promise;
    },
    patienceMs,
    onSent: (bytes) => {
      sent += bytes;
    },
    onDead: () => {
      dead += 1;
    },
  }).then(
    (stream) => {
      outcome = { stream };
    },
    (error: unknown) => {
      outcome = { error };
    },
  );
});

const say = async (bytes: Buffer | string = hello) => {
  client.theirs.write(bytes);
  await flush();
};
const loseAll = () => ({
  client: client.ours.destroyed,
  kept: kept.ours.destroyed,
  fresh: fresh.ours.destroyed,
});
const text = hello.toString('latin1');

describe('the first bytes of a client on a connection that was kept ready', () => {
  it('stay there when it answers, and no other connection is made', async () => {
    await say();
    kept.theirs.write('server hello');
    await vi.waitFor(() => expect(outcome.stream).toBe(kept.ours));
    clock.skip(60_000);
    expect({ heard: kept.heard(), sent, dials: dials.length, dead, timers: clock.pending() }).toEqual({
      ...{ heard: text, sent: hello.length, dials: 0, dead: 0, timers: 0 },
    });
    expect(String(outcome.stream?.read())).toBe('server hello');
  });

  it('wait for the client, however long it says nothing', async () => {
    clock.skip(60_000);
    await flush();
    expect({ dials: dials.length, outcome }).toEqual({ dials: 0, outcome: {} });
  });

  it('go over another connection too when nothing comes back, and the first to answer carries it', async () => {
    await say();
    await say(' and the rest of it');
    clock.skip(patienceMs);
    dialing.resolve(fresh.ours);
    await vi.waitFor(() => expect(fresh.heard()).toBe(`${text} and the rest of it`));
    await say(', to both');
    expect([kept.heard(), fresh.heard()]).toEqual(Array(2).fill(`${text} and the rest of it, to both`));
    fresh.theirs.write('server hello');
    await vi.waitFor(() => expect(outcome.stream).toBe(fresh.ours));
    expect({ ...loseAll(), dead, timers: clock.pending() }).toEqual({
      ...{ client: false, kept: true, fresh: false, dead: 1, timers: 0 },
    });
    expect(sent).toBe(Buffer.byteLength(`${text} and the rest of it, to both`, 'latin1'));
  });

  it('are answered by the kept one where that was only slow, and the other is given up', async () => {
    await say();
    clock.skip(patienceMs);
    dialing.resolve(fresh.ours);
    await vi.waitFor(() => expect(fresh.heard()).toBe(text));
    kept.theirs.write('server hello');
    await vi.waitFor(() => expect(outcome.stream).toBe(kept.ours));
    expect({ ...loseAll(), dead }).toEqual({ client: false, kept: false, fresh: true, dead: 0 });
  });

  it('are answered by the kept one while the other is still being made, which is then not used', async () => {
    await say();
    clock.skip(patienceMs);
    kept.theirs.write('server hello');
    await vi.waitFor(() => expect(outcome.stream).toBe(kept.ours));
    expect(dials.map(({ aborted }) => aborted)).toEqual([true]);
    dialing.resolve(fresh.ours);
    await flush();
    expect(fresh.ours.destroyed).toBe(true);
  });

  it.each([
    ['ends', () => kept.theirs.end()],
    ['breaks', () => kept.ours.destroy(new AppError('edge-failed', 'Dropped.'))],
  ])('go over another one at once when the kept one %s', async (_, lose) => {
    await say();
    lose();
    await vi.waitFor(() => expect(dials).toHaveLength(1));
    dialing.resolve(fresh.ours);
    fresh.theirs.write('server hello');
    await vi.waitFor(() => expect(outcome.stream).toBe(fresh.ours));
    expect({ heard: fresh.heard(), timers: clock.pending() }).toEqual({ heard: text, timers: 0 });
  });

  it.each([
    ['are no TLS', 'GET / HTTP/1.1\r\n'],
    ['are more than a ClientHello is', Buffer.concat([hello, Buffer.alloc(16 * 1024)])],
    // RFC 8446, 2.3: a record of application data that may hold a whole request.
    ['hold early data', Buffer.concat([Buffer.of(0x16, 3, 1, 0, 2, 1, 0), Buffer.of(0x17, 3, 3, 0, 1, 0)])],
  ])('are sent once where they %s', async (_, bytes) => {
    await say(bytes);
    expect(outcome.stream).toBe(kept.ours);
    clock.skip(60_000);
    expect(dials).toEqual([]);
    expect(kept.heard()).toBe(typeof bytes === 'string' ? bytes : bytes.toString('latin1'));
  });

  it('go over one connection only from early data on that comes when both are there', async () => {
    await say(Buffer.of(0x16, 3, 1, 0, 2, 1, 0));
    clock.skip(patienceMs);
    dialing.resolve(fresh.ours);
    await flush();
    await say(Buffer.of(0x17, 3, 3, 0, 1, 0));
    expect(outcome.stream).toBe(fresh.ours);
    expect([kept.heard().length, fresh.heard().length]).toEqual([7, 13]);
  });

  it('fail with what another connection met, a moment later, since the kept one may still answer', async () => {
    await say();
    clock.skip(patienceMs);
    const refused = new AppError('origin-failed', 'Its API server is down.');
    dialing.reject(refused);
    await flush();
    expect(outcome).toEqual({});
    clock.skip(1_000);
    await vi.waitFor(() => expect(outcome.error).toBe(refused));
    expect({ kept: kept.ours.destroyed, timers: clock.pending() }).toEqual({ kept: true, timers: 0 });
  });

  it('fail a moment later where the other connection ends without an answer', async () => {
    await say();
    clock.skip(patienceMs);
    dialing.resolve(fresh.ours);
    await vi.waitFor(() => expect(fresh.heard()).toBe(text));
    fresh.theirs.end();
    await flush();
    expect(outcome).toEqual({});
    clock.skip(1_000);
    await vi.waitFor(() => expect(outcome.error).toMatchObject({ code: 'origin-failed' }));
    expect({ kept: kept.ours.destroyed, timers: clock.pending() }).toEqual({ kept: true, timers: 0 });
  });

  it('fail at once when both have ended', async () => {
    await say();
    kept.theirs.end();
    await vi.waitFor(() => expect(dials).toHaveLength(1));
    dialing.resolve(fresh.ours);
    await vi.waitFor(() => expect(fresh.heard()).toBe(text));
    fresh.theirs.end();
    await vi.waitFor(() => expect(outcome.error).toMatchObject({ code: 'origin-failed', retryable: true }));
    expect(clock.pending()).toBe(0);
  });

  it.each([
    ['before', 0],
    ['after', patienceMs],
  ])('leave nothing behind when the client goes away %s another is dialed', async (_, ms) => {
    await say();
    clock.skip(ms);
    client.ours.destroy();
    await vi.waitFor(() => expect(outcome.error).toMatchObject({ code: 'cancelled' }));
    dialing.resolve(fresh.ours);
    await flush();
    expect({ kept: kept.ours.destroyed, timers: clock.pending() }).toEqual({ kept: true, timers: 0 });
    expect(fresh.ours.destroyed).toBe(ms > 0);
    for (const event of ['readable', 'end']) expect(client.ours.listenerCount(event)).toBe(0);
  });
});
