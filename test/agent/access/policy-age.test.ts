import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createPolicies, type Policies } from '../../../main/agent/access/policies.ts';
import { silentLogger, systemClock } from '../../../main/agent/parts.ts';

const hour = 3_600_000;
const day = 24 * hour;
const session = { authDomain: 'acme.cloudflareaccess.com', email: 'ada@acme.example' };
const grace = { ...session, email: 'grace@acme.example' };

let folder: string;
let now: number;
let forgotten: string[];
let asked: string[];
let failing: string[];
let reasons: string[];
let policies: Policies;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'policy-age-'));
  now = 1_700_000_000_000;
  [forgotten, asked, reasons] = [[], [], []];
  failing = ['disk encryption'];
  policies = await createPolicies({
    folder,
    clock: { ...systemClock, now: () => now },
    logger: silentLogger,
    access: {
      ask: async (hostname) => {
        asked.push(hostname);
      },
      failingChecks: async () => failing,
    },
    favourites: () => [],
    onChange: (change) => {
      forgotten.push(...change.forgotten);
      for (const policy of change.known) reasons.push('reason' in policy ? policy.reason : policy.verdict);
    },
  });
  policies.keep([session]);
});
afterEach(async () => {
  await policies.close();
  await rm(folder, { recursive: true });
});

const hear = (hostname: string, denial: { readonly message?: string } | undefined) =>
  policies.hear({ hostname, session, denial });

test('an answer that nothing has confirmed is shown for twelve hours and no longer', async () => {
  await hear('admits.example', undefined);
  await hear('device.example', {});
  expect(policies.get('device.example')).toMatchObject({ verdict: 'denied', reason: 'device' });

  now += 12 * hour - 1;
  policies.keep([session]);
  expect(policies.list()).toHaveLength(2);

  now += 1;
  policies.keep([session]);
  expect(policies.list()).toEqual([]);
  expect(forgotten).toEqual(['admits.example', 'device.example']);
});

test('a denial by the policy lasts until the answer changes: over nights, and into the next session', async () => {
  await hear('people.example', { message: 'Group people-ops only' });
  await hear('admits.example', undefined);
  now += day;
  policies.keep([]);
  now += hour;
  policies.keep([session]);
  expect(policies.list()).toMatchObject([{ hostname: 'people.example', verdict: 'denied' }]);
  await hear('people.example', undefined);
  expect(policies.get('people.example')?.verdict).toBe('admitted');

  await hear('people.example', { message: 'Group people-ops only' });
  now += 30 * day;
  policies.keep([session]);
  expect(policies.list()).toEqual([]);
});

test('it is never another user’s', async () => {
  await hear('people.example', { message: 'Group people-ops only' });
  policies.keep([grace]);
  expect(policies.list()).toEqual([]);
});

test('what it hides is asked about again while the user looks at others, once an hour and never unseen', async () => {
  await hear('people.example', { message: 'Group people-ops only' });
  await hear('admits.example', undefined);
  policies.want(['admits.example']);
  now += hour;
  policies.want([]);
  expect(asked).toEqual([]);
  policies.want(['admits.example']);
  await vi.waitFor(() => expect(asked).toEqual(['people.example']));
  policies.want(['admits.example']);
  expect(asked).toEqual(['people.example']);
});

test('a device that still fails is at no moment a denial for good; one that is fixed is', async () => {
  await hear('device.example', {});
  reasons.length = 0;
  now += hour;
  await hear('device.example', {});
  expect(reasons).toEqual(['device', 'device']);
  now += hour;
  failing = [];
  await hear('device.example', {});
  expect(reasons.slice(2)).toEqual(['device', 'policy']);
});
