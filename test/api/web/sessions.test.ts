import { expect, test } from 'vitest';
import { type Secret, sessionAfter } from '../../../main/api/web/proof.ts';
import { createSessions } from '../../../main/api/web/sessions.ts';

const minute = 60_000;
const nonces = { server: 'server-nonce', page: 'page-nonce' };

function setUp() {
  const clock = { time: 0, now: () => clock.time, timer: () => () => {} };
  const sessions = createSessions(clock);
  const open = async () => {
    const address = sessions.issue();
    const session = await sessions.open(address, nonces);
    if (session === undefined) throw new Error('not opened');
    return { session, secret: await sessionAfter(address, nonces) };
  };
  const isKnown = (secret: Secret) => sessions.find(secret) !== undefined;
  return { clock, sessions, open, isKnown };
}

test('a session lasts while its tab is open, and 15 minutes longer', async () => {
  const { clock, open, isKnown } = setUp();
  const { session, secret } = await open();
  const first = session.enter(() => {});
  clock.time += 60 * minute;
  expect(isKnown(secret)).toBe(true);
  first();
  clock.time += 15 * minute;
  expect(isKnown(secret)).toBe(true);
  session.enter(() => {})();
  clock.time += 15 * minute;
  expect(isKnown(secret)).toBe(true);
  clock.time += 1;
  expect(isKnown(secret)).toBe(false);
});

test('an open tab of which nothing comes for 12 hours is closed', async () => {
  const { clock, open, isKnown } = setUp();
  const { session, secret } = await open();
  let ends = 0;
  session.enter(() => {
    ends += 1;
  });
  clock.time += 12 * 60 * minute;
  session.touch();
  clock.time += 12 * 60 * minute;
  expect([isKnown(secret), ends]).toEqual([true, 0]);
  clock.time += 1;
  expect([isKnown(secret), ends]).toEqual([false, 1]);
});

test('no more than 16 addresses wait: the oldest makes room', () => {
  const { sessions, isKnown } = setUp();
  const addresses = Array.from({ length: 17 }, () => sessions.issue());
  expect(addresses.map(isKnown)).toEqual([false, ...Array.from({ length: 16 }, () => true)]);
});
