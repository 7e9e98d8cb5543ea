import { expect, test } from 'vitest';
import type { Access } from '../../../main/agent/access/access.ts';
import { createSessions } from '../../../main/agent/access/sessions.ts';
import { silentLogger } from '../../../main/agent/parts.ts';
import { createState } from '../../../main/agent/state/state.ts';
import type { Change } from '../../../main/model/agent-view.ts';

type Held = Awaited<ReturnType<Access['sessions']>>;
const acme = 'acme.cloudflareaccess.com';

const withFakes = () => {
  let held: Held = { sessions: [], ended: [] };
  const state = createState(silentLogger);
  const told: Change[] = [];
  state.subscribe((change) => told.push(change));
  const begun: (readonly string[])[] = [];
  const over: (readonly string[])[] = [];
  const keptFor: unknown[] = [];
  /** What the next reads find, before `held`. */
  const next: (Held | Promise<Held>)[] = [];
  const sessions = createSessions({
    access: { sessions: async () => next.shift() ?? held },
    policies: { keep: (now) => void keptFor.push(now) },
    state,
    logger: silentLogger,
    onBegun: (teams) => begun.push(teams),
    onOver: (teams) => over.push(teams),
  });
  const look = (next: Held) => {
    held = next;
    return sessions.look();
  };
  return { look, told, begun, over, keptFor, next };
};

test('who waits for a session goes on when it begins or is renewed, and not when it is looked at again', async () => {
  const { look, told, begun } = withFakes();
  const session = { authDomain: acme, email: undefined, endsAt: 1_000 };
  await look({ sessions: [session], ended: [] });
  await look({ sessions: [session], ended: [] });
  await look({ sessions: [{ ...session, endsAt: 2_000 }], ended: [] });
  expect(begun).toEqual([[acme], [acme]]);
  expect(told).toHaveLength(2);
});

test('a session that ends is taken away and shown as ended in one change; policies hear of every look', async () => {
  const { look, told, keptFor } = withFakes();
  await look({ sessions: [{ authDomain: acme, email: 'ann@acme.example', endsAt: 1_000 }], ended: [] });
  await look({ sessions: [], ended: [{ authDomain: acme, email: undefined, isRevoked: true }] });
  await look({ sessions: [], ended: [{ authDomain: acme, email: undefined, isRevoked: true }] });
  expect(told.slice(1)).toEqual([
    { kind: 'set', values: { sessions: [], endedSessions: [{ authDomain: acme, isRevoked: true }] } },
  ]);
  expect(keptFor).toHaveLength(3);
});

test('what a session has opened ends with it, once, and not where it is renewed', async () => {
  const { look, over } = withFakes();
  const session = { authDomain: acme, email: undefined, endsAt: 1_000 };
  await look({ sessions: [session], ended: [] });
  await look({ sessions: [{ ...session, endsAt: 2_000 }], ended: [] });
  expect(over).toEqual([]);
  await look({ sessions: [], ended: [{ authDomain: acme, email: undefined, isRevoked: false }] });
  await look({ sessions: [], ended: [{ authDomain: acme, email: undefined, isRevoked: false }] });
  expect(over).toEqual([[acme]]);
});

test('a session that has begun again while the end of the last one was read ends nothing', async () => {
  const { look, over, next } = withFakes();
  const session = { authDomain: acme, email: undefined, endsAt: 1_000 };
  await look({ sessions: [session], ended: [] });
  next.push({ sessions: [], ended: [] }, { sessions: [{ ...session, endsAt: 2_000 }], ended: [] });
  await look({ sessions: [{ ...session, endsAt: 2_000 }], ended: [] });
  expect(over).toEqual([]);
});

test('a read that began before a sign-out and ends after it begins no session again', async () => {
  const { look, begun, over, told, next } = withFakes();
  const session = { authDomain: acme, email: undefined, endsAt: 1_000 };
  await look({ sessions: [session], ended: [] });
  const { promise: early, resolve: endEarly } = Promise.withResolvers<Held>();
  next.push(early);
  const looks = [look({ sessions: [], ended: [] }), look({ sessions: [], ended: [] })];
  await new Promise((resolve) => setImmediate(resolve));
  endEarly({ sessions: [session], ended: [] });
  await Promise.all(looks);
  expect(begun).toEqual([[acme]]);
  expect(over).toEqual([[acme]]);
  expect(told).toHaveLength(2);
});
