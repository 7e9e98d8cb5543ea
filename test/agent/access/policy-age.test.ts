import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { createPolicies } from '../../../main/agent/access/policies.ts';
import { silentLogger, systemClock } from '../../../main/agent/parts.ts';

const hour = 3_600_000;
const session = { authDomain: 'acme.cloudflareaccess.com', email: 'ada@acme.example' };

test('a refusal that nothing has confirmed is shown for twelve hours and no longer', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'policy-age-'));
  let now = 1_700_000_000_000;
  const forgotten: string[] = [];
  const policies = await createPolicies({
    folder,
    clock: { ...systemClock, now: () => now },
    logger: silentLogger,
    access: { ask: async () => {}, failingChecks: async () => [] },
    favourites: () => [],
    onChange: (change) => forgotten.push(...change.forgotten),
  });
  policies.keep([session]);
  await policies.hear({ hostname: 'a.example', session, denial: {} });

  now += 12 * hour - 1;
  policies.keep([session]);
  expect(policies.get('a.example')).toMatchObject({ verdict: 'denied' });

  now += 1;
  policies.keep([session]);
  expect(policies.get('a.example')).toBeUndefined();
  expect(forgotten).toEqual(['a.example']);
  await policies.close();
  await rm(folder, { recursive: true });
});
