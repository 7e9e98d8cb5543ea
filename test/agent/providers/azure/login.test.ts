import { readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../../../main/agent/parts.ts';
import { createAksSource } from '../../../../main/agent/providers/azure/aks.ts';
import { createChallenges } from '../../../../main/agent/providers/azure/challenges.ts';
import { createAzureSessions } from '../../../../main/agent/providers/azure/clients.ts';
import { aksCredentials } from '../../../../main/agent/providers/azure/credential.ts';
import { createAzureLogin } from '../../../../main/agent/providers/azure/login.ts';
import { aksApplication } from '../../../world/azure/aks-resource.ts';
import { writeAzureHome } from '../../../world/azure/home.ts';
import { firstPerson } from '../../../world/people.ts';
import { type Browser, installBrowser } from '../../../world/person/wrapper.ts';
import { defaultPlan } from '../../../world/plan.ts';
import { discoverOnce } from '../../discovery/clouds.ts';
import { type Rig, signInFile, startRig } from '../../logins/rig.ts';
import { type AzureCloud, startAzureCloud } from './cloud.ts';

let rig: Rig;
let cloud: AzureCloud;
let browser: Browser;
let ownFile: string;
/** The visits of the browser, which has the world's proxy and authority: Entra has its own host name. */
let visits: Promise<unknown>[];
let opened: string[];
const lastOpened = () => opened.at(-1) ?? '';
beforeEach(async () => {
  cloud = await startAzureCloud();
  // What a machine has that has never seen az.
  await rm(path.join(cloud.home, '.azure'), { recursive: true });
  rig = await startRig();
  browser = await installBrowser({
    folder: path.join(rig.home, 'browser'),
    person: firstPerson(defaultPlan.people),
    proxy: cloud.proxy.url,
    authorityFile: cloud.env.NODE_EXTRA_CA_CERTS ?? '',
  });
  visits = [];
  opened = [];
  rig.browser.open = async (url) => {
    if (rig.browser.person === 'missing') throw new Error('no browser');
    opened.push(url);
    visits.push(execa(browser.command, [url], { reject: false }));
  };
  ownFile = path.join(rig.home, 'state', 'azure-sign-in.json');
});
afterEach(async () => {
  await Promise.all(visits);
  await rig.close();
  await cloud.close();
});

const never = new AbortController().signal;
const challenges = createChallenges();
const parts = () => ({
  challenges,
  env: cloud.env,
  home: cloud.home,
  network: cloud.network,
  ownFile: signInFile(ownFile),
});
const loginsOf = (tenants: readonly string[] = []) =>
  rig.logins(createAzureLogin({ parts: parts(), tenants: () => tenants }));
const aks = () => createAksSource({ ...parts(), clock: systemClock });

test('signs in in the browser; the clusters of every tenant are found with it, and no az', async () => {
  const logins = loginsOf();
  expect(await logins.accounts()).toMatchObject([{ session: 'organizations', status: 'signed-out' }]);
  const account = await logins.login({ provider: 'azure', signal: never });
  expect(account).toMatchObject({
    who: 'ada@acme.example',
    status: 'signed-in',
    renews: true,
    store: `${ownFile}, which only you can read`,
  });
  expect(await Promise.all(visits)).toMatchObject([
    { exitCode: 0, stdout: expect.stringMatching(/localhost:\d+\/$/) },
  ]);
  expect((await stat(ownFile)).mode & 0o777).toBe(0o600);
  const { clusters } = await discoverOnce(aks());
  expect(clusters.map(({ name }) => name).sort()).toEqual([
    'lab',
    'loyalty-prod',
    'loyalty-staging',
    'partner-edge',
  ]);

  // Another start, and a token that has ended: the refresh token alone is enough.
  const kept = JSON.parse(await readFile(ownFile, 'utf8'));
  expect(Object.keys(kept.RefreshToken)).toHaveLength(1);
  const session = await createAzureSessions(parts())();
  const scope = '6dae42f8-4368-4678-94ff-3960e28e3630/.default';
  const token = await session?.credential().getToken(scope);
  expect(token?.expiresOnTimestamp).toBeGreaterThan(Date.now());
});

test('by a device code, where no browser opens', async () => {
  rig.browser.person = 'missing';
  const logins = loginsOf();
  const signedIn = logins.login({ provider: 'azure', signal: never });
  await expect.poll(() => logins.waiting()[0]?.userCode).toBeDefined();
  const [{ url = '', userCode = '' } = {}] = logins.waiting();
  await execa(browser.command, [`${url}?code=${userCode}`]);
  expect(await signedIn).toMatchObject({ status: 'signed-in', who: 'ada@acme.example' });
});

test('a tenant that wants a second factor is signed in to by its name', async () => {
  const [, partner] = cloud.plan.azure.tenants;
  if (partner === undefined) throw new Error('the plan has one tenant');
  cloud.plan.azure.tenants[1] = { ...partner, requiresMfa: true };
  const logins = loginsOf();
  await logins.login({ provider: 'azure', signal: never });
  const first = await discoverOnce(aks());
  expect(first.clusters.map(({ name }) => name)).not.toContain('partner-edge');
  const hints = first.results.flatMap(({ outcome }) => ('error' in outcome ? [outcome.error.hint] : []));
  expect(hints).toContain(`Run \`k8s-tunnels login azure ${partner.id}\`.`);
  await logins.login({ provider: 'azure', session: partner.id, signal: never });
  const second = await discoverOnce(aks());
  expect(second.clusters.map(({ name }) => name)).toContain('partner-edge');
});

test('conditional access for the AKS server application is satisfied by one sign-in, which shows its challenge', async () => {
  const [acme] = cloud.plan.azure.tenants;
  if (acme === undefined) throw new Error('the plan has no tenant');
  cloud.plan.azure.tenants[0] = { ...acme, guardsAks: true };
  const logins = loginsOf();
  await logins.login({ provider: 'azure', signal: never });
  // Azure Resource Manager asks for no more.
  const { clusters } = await discoverOnce(aks());
  const cluster = clusters.find(({ name }) => name === 'loyalty-staging');
  if (cluster === undefined) throw new Error('no cluster');
  const credentials = aksCredentials(parts());
  const get = async () => {
    if (cluster.credential?.kind !== 'aks') throw new Error('not of AKS');
    return (await credentials.prepare({ source: cluster.credential, cluster })).make();
  };
  await expect(get()).rejects.toMatchObject({
    code: 'azure-session-expired',
    message: `Conditional access in tenant ${acme.id} asks for more than your session at Azure shows (AADSTS50076).`,
    hint: `Run \`k8s-tunnels login azure ${acme.id}\`.`,
    signIn: { provider: 'azure', session: acme.id },
  });
  await logins.login({ provider: 'azure', session: acme.id, signal: never });
  const asked = new URL(lastOpened());
  expect(asked.searchParams.get('claims')).toContain('capolids');
  expect(asked.searchParams.get('scope')).toContain(aksApplication);
  expect(await get()).toMatchObject({ kind: 'token' });
  // The next sign-in has nothing to show.
  await logins.login({ provider: 'azure', session: acme.id, signal: never });
  expect(new URL(lastOpened()).searchParams.get('claims') ?? '').not.toContain('capolids');
  const { clusters: again } = await discoverOnce(aks());
  expect(again).toHaveLength(clusters.length);
});

describe('two people', () => {
  const grace = { email: 'grace@partner.example', password: 'a compiler of her own' };

  beforeEach(async () => {
    const [acme, partner] = cloud.plan.azure.tenants;
    if (acme === undefined || partner === undefined) throw new Error('the plan has one tenant');
    cloud.plan.people.push(grace);
    cloud.plan.azure.tenants = [
      { ...acme, members: ['ada@acme.example'] },
      { ...partner, members: [grace.email] },
    ];
  });
  const asGrace = async () => {
    browser = await installBrowser({
      folder: path.join(rig.home, 'browser-of-grace'),
      person: grace,
      proxy: cloud.proxy.url,
      authorityFile: cloud.env.NODE_EXTRA_CA_CERTS ?? '',
    });
  };
  const whoReads = async (tenant: string | undefined) => {
    const session = await createAzureSessions(parts())();
    const token = await session?.credential(tenant).getToken(`${aksApplication}/.default`);
    return cloud.azure.tokens.verify(token?.token ?? '', aksApplication);
  };

  test('who signed in: each tenant is read by its own account, and each can sign out', async () => {
    const [acme, partner] = cloud.plan.azure.tenants;
    const logins = loginsOf();
    await logins.login({ provider: 'azure', signal: never });
    await asGrace();
    expect(await logins.login({ provider: 'azure', session: partner?.id, signal: never })).toMatchObject({
      who: grace.email,
    });
    const { clusters, results } = await discoverOnce(aks());
    expect(results.filter(({ outcome }) => outcome.kind === 'failed')).toEqual([]);
    expect(clusters.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['loyalty-staging', 'partner-edge']),
    );
    expect(await whoReads(acme?.id)).toMatchObject({ name: 'ada@acme.example' });
    expect(await whoReads(partner?.id)).toMatchObject({ name: grace.email });
    expect(await logins.accounts()).toMatchObject([
      { session: partner?.id, who: grace.email, status: 'signed-in', ours: true },
      { session: acme?.id, who: 'ada@acme.example', status: 'signed-in', ours: true },
    ]);

    const { removed, remaining } = await logins.logout({ provider: 'azure', session: partner?.id });
    expect(removed).toEqual([expect.stringContaining(grace.email)]);
    expect(remaining).toContain('The Azure session of ada@acme.example.');
    expect(await logins.accounts()).toMatchObject([{ who: 'ada@acme.example', status: 'signed-in' }]);
    expect(await whoReads(acme?.id)).toMatchObject({ name: 'ada@acme.example' });
  });

  test.each([
    ['its tokens can be read', 'msal_token_cache.json'],
    ['they are encrypted', 'msal_token_cache.bin'],
  ])('of the Azure CLI, where %s: each tenant is read by its own account', async (_, cache) => {
    const { azure, plan } = cloud;
    await writeAzureHome({
      home: cloud.home,
      plan,
      person: 'ada@acme.example',
      refreshToken: azure.tokens.issueRefresh('ada@acme.example'),
      other: { person: grace.email, refreshToken: azure.tokens.issueRefresh(grace.email) },
    });
    const folder = path.join(cloud.home, '.azure');
    if (cache !== 'msal_token_cache.json')
      await rename(path.join(folder, 'msal_token_cache.json'), path.join(folder, cache));
    const { clusters, results } = await discoverOnce(aks());
    expect(results.filter(({ outcome }) => outcome.kind === 'failed')).toEqual([]);
    expect(clusters).toHaveLength(4);
    expect(await whoReads(plan.azure.tenants[0]?.id)).toMatchObject({ name: 'ada@acme.example' });
    expect(await whoReads(plan.azure.tenants[1]?.id)).toMatchObject({ name: grace.email });
  });
});

test('a sign-in that has ended is told, here and by discovery', async () => {
  const logins = loginsOf();
  await logins.login({ provider: 'azure', signal: never });
  const kept = JSON.parse(await readFile(ownFile, 'utf8'));
  cloud.azure.tokens.endRefreshes();
  await writeFile(ownFile, JSON.stringify({ ...kept, AccessToken: {} }));
  expect(await logins.accounts()).toMatchObject([{ status: 'ended' }]);
  const { results } = await discoverOnce(aks());
  expect(results[0]?.outcome).toMatchObject({
    error: { code: 'azure-session-expired', hint: expect.stringContaining('k8s-tunnels login azure') },
  });
});

test('a network that is away is not a sign-in that has ended', async () => {
  const logins = loginsOf();
  await logins.login({ provider: 'azure', signal: never });
  const kept = JSON.parse(await readFile(ownFile, 'utf8'));
  await writeFile(ownFile, JSON.stringify({ ...kept, AccessToken: {} }));
  cloud.traffic.inject({ service: 'entra', operation: 'token', does: { kind: 'drop' } });
  expect(await logins.accounts()).toMatchObject([{ status: 'signed-in' }]);
});

test('Entra’s refusal carries its number', async () => {
  rig.browser.open = async (address) => {
    const url = new URL(address);
    const back = new URL(url.searchParams.get('redirect_uri') ?? '');
    back.search = new URLSearchParams({
      code: 'guessed',
      state: url.searchParams.get('state') ?? '',
    }).toString();
    visits.push(fetch(back).then((answer) => answer.text()));
  };
  const refused = loginsOf().login({ provider: 'azure', signal: never });
  await expect(refused).rejects.toMatchObject({
    code: 'login-failed',
    message: expect.stringContaining('AADSTS70008'),
  });
  expect(await visits[0]).toContain('AADSTS70008');
});

test('signing out removes our tokens, and says who else holds some', async () => {
  const logins = loginsOf();
  await logins.login({ provider: 'azure', signal: never });
  await cloud.signIn();
  const { removed, remaining } = await logins.logout({ provider: 'azure' });
  expect(removed).toEqual([expect.stringContaining('ada@acme.example')]);
  expect(remaining).toEqual([
    'The session of Azure CLI, which now applies.',
    'The session at Microsoft, in the browser.',
  ]);
  await expect(stat(ownFile)).rejects.toMatchObject({ code: 'ENOENT' });
  expect((await logins.accounts()).map(({ ours, status }) => [ours, status])).toEqual([
    [true, 'signed-out'],
    [false, 'signed-in'],
  ]);
});

test('half a file is no sign-in, and a login mends it', async () => {
  const logins = loginsOf();
  await logins.login({ provider: 'azure', signal: never });
  const whole = await readFile(ownFile, 'utf8');
  await writeFile(ownFile, whole.slice(0, whole.length / 2));
  expect(await logins.accounts()).toMatchObject([{ status: 'signed-out' }]);
  expect(await logins.login({ provider: 'azure', signal: never })).toMatchObject({ status: 'signed-in' });
});
