import { appendFile, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { execa, execaSync } from 'execa';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createAwsLogin } from '../../../../main/agent/providers/aws/login.ts';
import { awsConfiguration } from '../../../../main/agent/providers/aws/profiles.ts';
import { writeSignIn } from '../../../world/aws/sign-ins.ts';
import { defaultPlan } from '../../../world/plan.ts';
import { startAwsRig } from '../../logins/rig.ts';

// IAM Identity Center in the world, with a scripted person in front of a browser.

let rig: Awaited<ReturnType<typeof startAwsRig>>;
beforeEach(async () => {
  rig = await startAwsRig();
});
afterEach(() => rig.close());

const never = new AbortController().signal;
const session = async (aws = rig.aws) => {
  const found = (await awsConfiguration(aws)).sessions.find(({ name }) => name === 'acme');
  if (found === undefined) throw new Error('no session');
  return found;
};
const accountsOf = async (aws = rig.aws) => aws.portal.accounts(await session(aws), never);
/** The name that botocore gives the sign-in of the session `acme`: its SHA-1. */
const cacheFile = () => path.join(rig.cache, '293abb6b76d7791c0732cc517d38c4b5c734b87f.json');
const content = async (file: string) => JSON.parse(await readFile(file, 'utf8'));

describe('in the browser', () => {
  test('signs in, keeps it as the AWS CLI does, and asks nobody again', async () => {
    const logins = rig.logins(createAwsLogin(rig.aws));
    expect(await logins.accounts()).toMatchObject([{ session: 'acme', status: 'signed-out' }]);
    const account = await logins.login({ provider: 'aws', signal: never });
    expect(account).toMatchObject({ session: 'acme', status: 'signed-in', renews: true, ours: true });
    expect(await rig.browser.ended()).toEqual([expect.stringMatching(/^127\.0\.0\.1:\d+\/oauth\/callback$/)]);
    expect(rig.seen[0]).toMatchObject([{ kind: 'aws', title: 'AWS (acme)', url: rig.browser.opened[0] }]);
    expect(rig.seen.at(-1)).toEqual([]);

    const url = new URL(rig.browser.opened[0] ?? '');
    expect(url.searchParams.get('scopes')).toBe('sso:account:access');
    expect(url.searchParams.get('code_challenge')).toMatch(/^[\w-]{43}$/);
    const file = account.store;
    expect(await content(file)).toEqual({
      startUrl: defaultPlan.identityCenter.startUrl,
      region: 'eu-central-1',
      accessToken: expect.any(String),
      expiresAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
      clientId: expect.any(String),
      clientSecret: expect.any(String),
      registrationExpiresAt: expect.stringMatching(/Z$/),
      refreshToken: expect.any(String),
    });
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await accountsOf()).toHaveLength(2);

    // The client is known now: the next sign-in registers none.
    await logins.login({ provider: 'aws', session: 'acme', signal: never });
    expect(rig.traffic.count('sso-oidc', 'RegisterClient')).toBe(1);
  });

  test('a refusal by AWS is told to the person and to the caller', async () => {
    const logins = rig.logins(createAwsLogin(rig.aws));
    rig.browser.person = 'absent';
    const signedIn = logins.login({ provider: 'aws', signal: never });
    signedIn.catch(() => {});
    await expect.poll(() => rig.browser.opened.length).toBe(1);
    const url = new URL(rig.browser.opened[0] ?? '');
    const back = new URL(url.searchParams.get('redirect_uri') ?? '');
    back.search = new URLSearchParams({
      code: 'guessed',
      state: url.searchParams.get('state') ?? '',
    }).toString();
    const page = await fetch(back);
    expect(page.status).toBe(400);
    expect(await page.text()).toContain('AWS did not accept the sign-in');
    await expect(signedIn).rejects.toMatchObject({ code: 'login-failed' });
    expect(await readdir(rig.cache)).toHaveLength(1);
  });

  test('a sign-in in the older form and one of the organisation are kept under their start URL', async () => {
    await writeFile(path.join(rig.home, '.aws', 'config'), '');
    const startUrl = defaultPlan.identityCenter.startUrl;
    const aws = {
      ...rig.another(),
      organisation: () => ({ portals: [{ startUrl, region: 'eu-central-1' }], roles: [] }),
    };
    const account = await rig.logins(createAwsLogin(aws)).login({ provider: 'aws', signal: never });
    expect(account).toMatchObject({ session: startUrl, status: 'signed-in' });
    // sha1sum of the address.
    expect(path.basename(account.store)).toMatch(/^[0-9a-f]{40}\.json$/);
    expect((await content(account.store)).startUrl).toBe(startUrl);
  });
});

describe('by a device code', () => {
  test.each([
    ['asked for', { deviceCode: true }, () => {}],
    [
      'where no browser opens',
      {},
      () => {
        rig.browser.person = 'missing';
      },
    ],
    [
      'where there is said to be none',
      {},
      () => {
        rig.env.K8S_TUNNELS_NO_BROWSER = '1';
      },
    ],
  ] as const)('%s', async (_, options, prepare) => {
    prepare();
    const logins = rig.logins(createAwsLogin(rig.aws));
    const signedIn = logins.login({ provider: 'aws', ...options, signal: never });
    await expect.poll(() => logins.waiting()[0]?.userCode).toMatch(/^[A-Z]{4}-[A-Z]{4}$/);
    const [{ url = '', userCode = '' } = {}] = logins.waiting();
    expect(new URL(url).searchParams.get('user_code')).toBe(userCode);
    // Nobody has entered it yet.
    rig.clock.skip(1_000);
    await expect.poll(() => rig.traffic.count('sso-oidc', 'CreateToken')).toBeGreaterThan(0);
    rig.browser.person = 'present';
    await rig.browser.open(url);
    await rig.browser.ended();
    expect(await signedIn).toMatchObject({ status: 'signed-in', renews: true });
    expect(logins.waiting()).toEqual([]);
  });

  test('ends with its time, and with who asked', async () => {
    const logins = rig.logins(createAwsLogin(rig.aws));
    const late = logins.login({ provider: 'aws', deviceCode: true, signal: never });
    const refused = expect(late).rejects.toMatchObject({ code: 'login-timeout', retryable: true });
    await expect.poll(() => logins.waiting().length).toBe(1);
    rig.clock.skip(5 * 60_000);
    await refused;
    const gone = new AbortController();
    const cancelled = expect(
      logins.login({ provider: 'aws', deviceCode: true, signal: gone.signal }),
    ).rejects.toMatchObject({ code: 'cancelled' });
    await expect.poll(() => logins.waiting().length).toBe(1);
    gone.abort();
    await cancelled;
    await expect.poll(() => logins.waiting()).toEqual([]);
  });
});

describe('the cache', () => {
  test('a token that has ended is renewed once for all who ask, and written whole', async () => {
    await writeSignIn({ home: rig.home, plan: defaultPlan, signIn: rig.world.signIn(-60) });
    const results = await Promise.all(Array.from({ length: 20 }, () => accountsOf()));
    expect(results.every((accounts) => accounts.length === 2)).toBe(true);
    expect(rig.traffic.count('sso-oidc', 'CreateToken')).toBe(1);
    expect(Date.parse((await content(cacheFile())).expiresAt)).toBeGreaterThan(Date.now());
  });

  test('two programs that renew at once: who comes second takes what the first has written', async () => {
    await writeSignIn({ home: rig.home, plan: defaultPlan, signIn: rig.world.signIn(-60) });
    rig.traffic.setLatency(30);
    const both = await Promise.all([accountsOf(rig.another()), accountsOf(rig.another())]);
    expect(both.map(({ length }) => length)).toEqual([2, 2]);
  });

  test('a file that somebody is writing is read again; half a file is no sign-in, and a login mends it', async () => {
    await writeSignIn({ home: rig.home, plan: defaultPlan, signIn: rig.world.signIn() });
    const whole = await readFile(cacheFile(), 'utf8');
    await writeFile(cacheFile(), whole.slice(0, 100));
    const reading = accountsOf();
    await writeFile(cacheFile(), whole);
    expect(await reading).toHaveLength(2);
    await writeFile(cacheFile(), whole.slice(0, 100));
    await expect(accountsOf()).rejects.toMatchObject({ name: 'TokenProviderError' });
    const logins = rig.logins(createAwsLogin(rig.aws));
    expect(await logins.accounts()).toMatchObject([{ status: 'signed-out' }]);
    await logins.login({ provider: 'aws', signal: never });
    expect(await accountsOf()).toHaveLength(2);
  });

  test('a reader never sees a part while sign-ins are written', async () => {
    const { ssoCache } = rig.aws;
    const acme = await session();
    const token = {
      startUrl: acme.startUrl,
      region: acme.region,
      accessToken: 'a'.repeat(20_000),
      expiresAt: '2030-01-01T00:00:00Z',
    };
    await ssoCache.write(acme, token);
    let done = false;
    const writing = (async () => {
      for (let turn = 0; turn < 50; turn += 1)
        await ssoCache.write(acme, { ...token, accessToken: String(turn % 10).repeat(20_000) });
      done = true;
    })();
    let reads = 0;
    while (!done) {
      const { accessToken } = await content(ssoCache.file(acme));
      expect(new Set(accessToken).size).toBe(1);
      reads += 1;
    }
    await writing;
    expect(reads).toBeGreaterThan(0);
  });
});

test('signing out ends it here and at the portal, and says what is left', async () => {
  const logins = rig.logins(createAwsLogin(rig.aws));
  await logins.login({ provider: 'aws', signal: never });
  const { accessToken } = await content(cacheFile());
  const { removed, remaining } = await logins.logout({ provider: 'aws' });
  expect(removed).toEqual([expect.stringContaining('ended at the access portal')]);
  expect(remaining).toEqual([expect.stringContaining('12 hours')]);
  await expect(readFile(cacheFile())).rejects.toMatchObject({ code: 'ENOENT' });
  await expect(
    fetch(`${rig.world.url}/assignment/accounts`, { headers: { 'x-amz-sso_bearer_token': accessToken } }),
  ).resolves.toMatchObject({ status: 401 });
  expect(await logins.logout({ provider: 'aws' })).toEqual({ removed: [], remaining: [] });
});

const installed = execaSync('aws', ['--version'], { reject: false }).exitCode === 0;

describe.skipIf(!installed)('the aws command', () => {
  const listClusters = async () => {
    const { AWS_ENDPOINT_URL } = rig.env;
    const env = {
      HOME: rig.home,
      PATH: process.env.PATH,
      AWS_ENDPOINT_URL,
      AWS_EC2_METADATA_DISABLED: 'true',
    };
    const { stdout } = await execa('aws', ['--profile', 'research', 'eks', 'list-clusters'], {
      env,
      extendEnv: false,
    });
    return JSON.parse(stdout).clusters;
  };
  beforeEach(() =>
    appendFile(
      path.join(rig.home, '.aws', 'config'),
      '\n[profile research]\nsso_session = acme\nsso_account_id = 333344445555\nsso_role_name = ClusterReader\nregion = us-west-2\n',
    ),
  );

  test('works by our sign-in', async () => {
    await rig.logins(createAwsLogin(rig.aws)).login({ provider: 'aws', signal: never });
    expect(await listClusters()).toEqual(['notebooks']);
  });

  test('renews our sign-in, and ours goes on with what it wrote', async () => {
    await rig.logins(createAwsLogin(rig.aws)).login({ provider: 'aws', signal: never });
    const ours = await content(cacheFile());
    await writeFile(cacheFile(), JSON.stringify({ ...ours, expiresAt: '2020-01-01T00:00:00Z' }));
    expect(await listClusters()).toEqual(['notebooks']);
    expect((await content(cacheFile())).accessToken).not.toBe(ours.accessToken);
    const renewals = rig.traffic.count('sso-oidc', 'CreateToken');
    expect(await accountsOf()).toHaveLength(2);
    expect(rig.traffic.count('sso-oidc', 'CreateToken')).toBe(renewals);
    // The client's file is under the name that botocore looks for: Python's own JSON of what it is for.
    const key = `{"region": "eu-central-1", "scopes": ["sso:account:access"], "session_name": "acme", "startUrl": "https://acme.awsapps.com/start", "tool": "botocore"}`;
    const { stdout } = await execa('python3', [
      '-c',
      'import sys,hashlib;print(hashlib.sha1(sys.argv[1].encode()).hexdigest())',
      key,
    ]);
    expect(await content(path.join(rig.cache, `${stdout}.json`))).toMatchObject({
      grantTypes: ['authorization_code', 'refresh_token'],
    });
  });

  test('and ours renew one sign-in at once, and both get on', async () => {
    await writeSignIn({ home: rig.home, plan: defaultPlan, signIn: rig.world.signIn(-60) });
    const [theirs, ours] = await Promise.allSettled([listClusters(), accountsOf()]);
    expect(ours).toMatchObject({ status: 'fulfilled' });
    // A refresh token is good once: the aws command may be the one that lost. Its next call works.
    if (theirs.status === 'rejected') expect(await listClusters()).toEqual(['notebooks']);
    expect(await accountsOf()).toHaveLength(2);
  });
});

test('of several names of one portal one is needed, and none when any is signed in', async () => {
  const { startUrl, region } = defaultPlan.identityCenter;
  await appendFile(
    path.join(rig.home, '.aws', 'config'),
    `\n[sso-session other]\nsso_start_url = ${startUrl}/\nsso_region = ${region}\n`,
  );
  const logins = rig.logins(createAwsLogin(rig.aws));
  const needed = async () => (await logins.accounts()).flatMap((one) => (one.needed ? one.session : []));
  expect(await needed()).toHaveLength(1);
  await logins.login({ provider: 'aws', session: 'acme', signal: never });
  expect(await needed()).toEqual([]);
});
