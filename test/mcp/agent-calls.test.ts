import { expect, test } from 'vitest';
import { createAgentCalls } from '../../main/mcp/agent-calls.ts';
import { AppError } from '../../main/model/app-error.ts';

const gone = () => new AppError('agent-unreachable', 'The agent ended during the call.', { retryable: true });

/** Agents one after another: each answers as it is given here. */
function agents(...answers: readonly (() => Promise<unknown>)[]) {
  let reached = 0;
  let closed = 0;
  const call = createAgentCalls(async () => {
    const answer = answers[reached] ?? (async () => ({}));
    reached += 1;
    return {
      call: answer as never,
      close() {
        closed += 1;
      },
    };
  });
  return { call, counts: () => ({ reached, closed }) };
}

test('a call whose agent ends is repeated with the next one, and each connection is closed', async () => {
  const { call, counts } = agents(
    () => Promise.reject(gone()),
    async () => ({ open: true }),
  );
  expect(await call('mcp-check', { terminal: 'a'.repeat(16) })).toEqual({ open: true });
  expect(counts()).toEqual({ reached: 2, closed: 2 });
});

test('another error, a second end and a call that the client has given up are not repeated', async () => {
  const refused = agents(() => Promise.reject(new AppError('production-unconfirmed', 'No.')));
  await expect(refused.call('snapshot', {})).rejects.toMatchObject({ code: 'production-unconfirmed' });
  expect(refused.counts()).toEqual({ reached: 1, closed: 1 });
  const ending = agents(
    () => Promise.reject(gone()),
    () => Promise.reject(gone()),
  );
  await expect(ending.call('snapshot', {})).rejects.toMatchObject({ code: 'agent-unreachable' });
  const given = agents(() => Promise.reject(gone()));
  await expect(given.call('snapshot', {}, { signal: AbortSignal.abort() })).rejects.toMatchObject({
    code: 'agent-unreachable',
  });
  expect(given.counts().reached).toBe(1);
});
