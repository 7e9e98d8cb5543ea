import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { ClientMessage } from '../../../main/api/serve-messages.ts';
import { AppError, toPlainError } from '../../../main/model/app-error.ts';
import type { ChannelEvents } from '../../../renderer/agent/channel.ts';
import { createLink } from '../../../renderer/agent/link.ts';
import { aSnapshot } from '../shown.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

interface Opened extends ChannelEvents {
  readonly sent: ClientMessage[];
  readonly close: () => void;
}

/** A link whose channels the test is the other end of. All that it tells is in `told`, in order. */
function setUp() {
  const channels: Opened[] = [];
  const told: unknown[] = [];
  const link = createLink({
    open(events) {
      const opened: Opened = { ...events, sent: [], close: vi.fn<() => void>() };
      channels.push(opened);
      return { send: (message) => void opened.sent.push(message), close: opened.close };
    },
    onState: (state) => told.push(state.status === 'failed' ? `failed: ${state.error.code}` : state.status),
    onSnapshot: (snapshot) => told.push(`snapshot ${snapshot.agent.pid}`),
    onChange: (change) => told.push(change.kind === 'notice' ? change.notice.message : change.kind),
  });
  const last = () => {
    const channel = channels.at(-1);
    if (channel === undefined) throw new Error('No channel was opened.');
    return channel;
  };
  const settle = () => vi.advanceTimersByTimeAsync(0);
  return {
    link,
    told,
    channels,
    last,
    settle,
    change: (message: string) =>
      last().onMessage({ change: { kind: 'notice', notice: { at: 1, level: 'info', message } } }),
    /** As an agent that starts and answers. */
    async answer(pid = 1) {
      last().onOpen();
      last().onMessage({
        id: 1,
        output: aSnapshot({
          agent: { version: '1', pid, startedAt: 1, platform: 'linux', signIns: 'headless' },
        }),
      });
      await settle();
    },
    async refuse(error: AppError) {
      last().onOpen();
      last().onMessage({ id: 1, error: toPlainError(error) });
      await settle();
    },
  };
}

describe('a link', () => {
  test('asks for the snapshot, then tells the changes', async () => {
    const { last, told, change, answer } = setUp();
    expect(last().sent).toEqual([]);
    await answer();
    expect(last().sent).toEqual([{ id: 1, subscribe: true }]);
    change('later');
    expect(told).toEqual(['snapshot 1', 'ready', 'later']);
  });

  test('says that somebody looks, also to an agent that comes later', async () => {
    const { link, last, answer } = setUp();
    link.look(true);
    await answer();
    expect(last().sent).toEqual([
      { id: 1, subscribe: true },
      { id: 2, look: true },
    ]);
    link.look(true);
    link.look(false);
    expect(last().sent.slice(2)).toEqual([{ id: 3, look: false }]);
    link.look(true);
    last().onEnd();
    await vi.advanceTimersByTimeAsync(200);
    await answer(2);
    expect(last().sent.at(-1)).toEqual({ id: 2, look: true });
  });

  test('keeps changes that come early until the snapshot is used', async () => {
    const { last, told, change, settle } = setUp();
    last().onOpen();
    change('first');
    last().onMessage({ id: 1, output: aSnapshot() });
    // Here already, though what waits for the snapshot has not run.
    change('second');
    change('third');
    expect(told).toEqual([]);
    await settle();
    change('fourth');
    expect(told.filter((one) => one !== 'ready')).toEqual([
      'snapshot 1',
      'first',
      'second',
      'third',
      'fourth',
    ]);
  });

  test('that is lost comes back with a snapshot of its own, and what was asked for is refused', async () => {
    const { link, told, channels, last, answer } = setUp();
    await answer(1);
    const call = link.call('discover', {});
    expect(last().sent.at(-1)).toEqual({ id: 2, operation: 'discover', input: {} });
    last().onEnd();
    await expect(call).rejects.toMatchObject({ code: 'agent-unreachable' });
    await expect(link.call('discover', {})).rejects.toMatchObject({
      code: 'agent-unreachable',
      retryable: true,
    });
    expect(channels[0]?.close).toHaveBeenCalledOnce();
    await vi.advanceTimersByTimeAsync(200);
    expect(channels).toHaveLength(2);
    await answer(2);
    expect(told).toEqual(['snapshot 1', 'ready', 'lost', 'snapshot 2', 'ready']);
    const next = link.call('discover', {});
    last().onMessage({ id: 2, output: { clusters: 3, failed: [], tookMs: 1 } });
    await expect(next).resolves.toMatchObject({ clusters: 3 });
  });

  test('waits longer each time, up to three seconds, and anew after it was ready', async () => {
    const { channels, last, told, answer } = setUp();
    for (const wait of [200, 400, 800, 1_500, 3_000, 3_000]) {
      const before = channels.length;
      last().onEnd();
      await vi.advanceTimersByTimeAsync(wait - 1);
      expect(channels).toHaveLength(before);
      await vi.advanceTimersByTimeAsync(1);
      expect(channels).toHaveLength(before + 1);
    }
    await answer();
    expect(told.at(-1)).toBe('ready');
    const before = channels.length;
    last().onEnd();
    await vi.advanceTimersByTimeAsync(200);
    expect(channels).toHaveLength(before + 1);
  });

  test('tries at once when asked to, and only where nothing else runs', async () => {
    const { link, channels, last, answer } = setUp();
    link.retry();
    expect(channels).toHaveLength(1);
    last().onEnd();
    link.retry();
    link.retry();
    expect(channels).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(channels).toHaveLength(2);
    await answer();
    link.retry();
    expect(channels).toHaveLength(2);
  });

  test('says why the agent cannot start, and tries again', async () => {
    const { told, channels, refuse, answer } = setUp();
    await refuse(new AppError('home-missing', 'There is no home.'));
    expect(told).toEqual(['failed: home-missing']);
    expect(channels[0]?.close).toHaveBeenCalledOnce();
    await vi.advanceTimersByTimeAsync(200);
    await answer();
    expect(told).toEqual(['failed: home-missing', 'snapshot 1', 'ready']);
  });

  test('hears nothing any more from a channel that it has left', async () => {
    const { told, channels, refuse, last } = setUp();
    await refuse(new AppError('home-missing', 'There is no home.'));
    channels[0]?.onEnd();
    channels[0]?.onMessage({ id: 1, output: aSnapshot() });
    await vi.advanceTimersByTimeAsync(200);
    expect(told).toEqual(['failed: home-missing']);
    expect(channels).toHaveLength(2);
    expect(last().sent).toEqual([]);
  });
});
