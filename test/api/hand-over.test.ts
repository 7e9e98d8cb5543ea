import { describe, expect, it } from 'vitest';
import type { Handlers } from '../../main/api/dispatch.ts';
import { finishCalls } from '../../main/api/hand-over.ts';

const call = { signal: new AbortController().signal };

/** Handlers whose `discover` ends when it is told to. */
function slowHandlers() {
  const ended: string[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  const handlers = {
    async discover() {
      await promise;
      ended.push('discover');
    },
    async activity() {
      ended.push('activity');
    },
    async 'hand-over'() {
      ended.push('hand-over');
      return { pid: 1 };
    },
  } as unknown as Handlers;
  return { handlers, ended, finish: resolve };
}

describe('an agent that hands over', () => {
  it('answers the calls in progress first', async () => {
    const { handlers, ended, finish } = slowHandlers();
    const { discover, 'hand-over': handOver } = finishCalls(handlers);
    const running = discover({}, call);
    const handing = handOver({}, call);
    await new Promise((resolve) => setImmediate(resolve));
    expect(ended).toEqual([]);
    finish();
    await Promise.all([running, handing]);
    expect(ended).toEqual(['discover', 'hand-over']);
  });

  it('begins no other call', async () => {
    const { handlers, ended, finish } = slowHandlers();
    const { discover, activity, 'hand-over': handOver } = finishCalls(handlers);
    const running = discover({}, call);
    const handing = handOver({}, call);
    await expect(activity({}, call)).rejects.toMatchObject({ code: 'agent-handing-over', retryable: true });
    finish();
    await Promise.all([running, handing]);
    await expect(activity({}, call)).rejects.toMatchObject({ code: 'agent-handing-over' });
    expect(ended).toEqual(['discover', 'hand-over']);
  });

  it('does not wait for ever: a login may take minutes', async () => {
    const { handlers, ended } = slowHandlers();
    const { discover, 'hand-over': handOver } = finishCalls(handlers, 1);
    void discover({}, call);
    await handOver({}, call);
    expect(ended).toEqual(['hand-over']);
  });
});
