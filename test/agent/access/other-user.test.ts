import { readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { installBrowser } from '../../world/person/wrapper.ts';
import { defaultPlan } from '../../world/plan.ts';
import { socksHost, tcpHost } from '../../world-tests/access-fixture.ts';
import { type Rig, startRig } from './rig.ts';

const grace = { email: 'grace@acme.example', password: 'another password', groups: ['engineering'] };
const orgToken = 'acme.cloudflareaccess.com-org-token';

let rig: Rig;
beforeEach(async () => {
  rig = await startRig({ plan: { people: [...defaultPlan.people, grace] } });
});
afterEach(() => rig.close());

const token = (hostname: string, access = rig.access, interactive = true) =>
  access.token(hostname, { interactive, signal: new AbortController().signal });

test('a token that another program removed is not given from memory', async () => {
  await token(tcpHost);
  expect((await token(tcpHost, rig.access, false)).email).toBe('ada@acme.example');
  for (const name of await readdir(rig.folder)) await rm(path.join(rig.folder, name));
  await expect(token(tcpHost, rig.access, false)).rejects.toMatchObject({ code: 'access-login-needed' });
});

test('the application token of one user is not sent when another has signed in to the organisation', async () => {
  await token(tcpHost);
  await token(socksHost);
  // As `cloudflared access login` by another user does it: tokens of other applications stay behind.
  await rm(path.join(rig.folder, orgToken));
  for (const name of await readdir(rig.folder))
    if (name.startsWith(tcpHost)) await rm(path.join(rig.folder, name));
  await rig.world.browser.forget();
  const { proxy, browser, authorityFile } = rig.world;
  await installBrowser({ folder: browser.folder, person: grace, proxy: proxy.url, authorityFile });
  expect((await token(tcpHost, rig.another())).email).toBe(grace.email);
  expect((await token(socksHost)).email).toBe(grace.email);
});
