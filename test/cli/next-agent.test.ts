import { expect, test } from 'vitest';
import type { Client } from '../../main/api/socket/client.ts';
import { followHandOver } from '../../main/cli/next-agent.ts';
import type { Change } from '../../main/model/agent-view.ts';
import { AppError } from '../../main/model/app-error.ts';

/** A client of an agent that answers with its name, or is handing over. */
function clientOf(pid: number, { isHandingOver = false } = {}) {
  const { promise: ended, resolve: end } = Promise.withResolvers<void>();
  const calls: string[] = [];
  let listener: ((change: Change) => void) | undefined;
  const client = {
    agent: { version: '1', pid },
    ended,
    async call(name: string) {
      if (isHandingOver) throw new AppError('agent-handing-over', 'The agent is being replaced.');
      calls.push(name);
      return { pid };
    },
    async subscribe(listen: (change: Change) => void) {
      listener = listen;
      return {};
    },
    look() {},
    close: end,
  } as unknown as Client;
  return { client, calls, end, change: (change: Change) => listener?.(change) };
}

test('a call that an agent refuses because it hands over is made to the next one, once that one has ended', async () => {
  const old = clientOf(1, { isHandingOver: true });
  const next = clientOf(2);
  let reached = 0;
  const client = followHandOver(old.client, async () => {
    reached += 1;
    return next.client;
  });
  const changes: Change[] = [];
  await client.subscribe((change) => changes.push(change));
  const both = Promise.all([client.call('discover', {}), client.call('findings', {})]);
  await new Promise((resolve) => setImmediate(resolve));
  expect(reached).toBe(0);
  old.end();
  expect(await both).toEqual([{ pid: 2 }, { pid: 2 }]);
  expect([reached, next.calls, client.agent.pid]).toEqual([1, ['discover', 'findings'], 2]);
  next.change({ kind: 'set', values: { favourites: [] } });
  expect(changes).toEqual([{ kind: 'set', values: { favourites: [] } }]);
});

test('any other error is the caller’s', async () => {
  const { client } = clientOf(1);
  const failing = { ...client, call: () => Promise.reject(new AppError('not-found', 'There is none.')) };
  const followed = followHandOver(failing, () => Promise.reject(new Error('no other agent is expected')));
  await expect(followed.call('discover', {})).rejects.toMatchObject({ code: 'not-found' });
});
