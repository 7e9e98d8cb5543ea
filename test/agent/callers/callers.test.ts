import { expect, test } from 'vitest';
import { createCallers } from '../../../main/agent/callers/callers.ts';
import type { Environment } from '../../../main/agent/parts.ts';
import { skippingClock } from '../skipping-clock.ts';

const minute = 60_000;

function withCallers(env: Environment = {}, inherits = false) {
  const clock = skippingClock();
  const dropped: Environment[] = [];
  const created: (readonly string[])[] = [];
  const own = { env };
  const callers = createCallers({
    clock,
    own,
    env,
    inherits,
    create(other, sources) {
      created.push(sources);
      return { env: other };
    },
    drop: ({ env: other }) => void dropped.push(other),
  });
  const of = (variables: Record<string, string>, cwd = '/') => callers.of({ cwd, variables });
  return { clock, callers, own, of, created, dropped };
}

test("a window, and a shell with the agent's own variables, act with its environment", () => {
  const { callers, own, of, created } = withCallers({ AWS_PROFILE: 'dev', PATH: '/bin' });
  expect(callers.of(undefined)).toBe(own);
  expect(of({ AWS_PROFILE: 'dev', GOOGLE_API_KEY: 'of another program' })).toBe(own);
  expect(created).toEqual([]);
});

test('each shell has its own, shared by those with the same variables', () => {
  const { own, of, created } = withCallers({ AWS_PROFILE: 'dev', PATH: '/bin' });
  const ops = of({ AWS_PROFILE: 'ops' });
  expect(ops).toEqual({ env: { PATH: '/bin', AWS_PROFILE: 'ops' } });
  expect(of({ AWS_PROFILE: 'ops' })).toBe(ops);
  const none = of({});
  expect(none).toEqual({ env: { PATH: '/bin' } });
  expect(none).not.toBe(own);
  // The same words name other files in another folder.
  const key = { GOOGLE_APPLICATION_CREDENTIALS: 'key.json' };
  expect(of(key, '/a')).not.toBe(of(key, '/b'));
  // A profile chooses among what is known; a file may lead to more.
  expect(created).toEqual([[], [], ['gke'], ['gke']]);
});

test('what a shell had is dropped 30 minutes after its last use', () => {
  const { clock, of, created, dropped } = withCallers();
  const token = { VAULT_TOKEN: 'hvs.secret' };
  of(token);
  clock.skip(20 * minute);
  of(token);
  clock.skip(29 * minute);
  expect(dropped).toEqual([]);
  clock.skip(2 * minute);
  expect(dropped).toEqual([token]);
  of(token);
  expect(created).toHaveLength(2);
});

test('the least recently used are dropped where there are too many, and all at the end', () => {
  const { clock, callers, of, dropped } = withCallers();
  const shell = (at: number) => ({ VAULT_TOKEN: `hvs.${at}` });
  for (let at = 0; at < 16; at += 1) of(shell(at));
  of(shell(0));
  of(shell(16));
  expect(dropped).toEqual([shell(1)]);
  expect(callers.all()).toHaveLength(17);
  callers.close();
  expect(dropped).toHaveLength(17);
  expect(clock.pending()).toBe(0);
});
