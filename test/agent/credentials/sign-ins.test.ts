import { appendFile, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createSignIns, type SignIns } from '../../../main/agent/credentials/sign-ins.ts';
import { createOrganisationFiles } from '../../../main/agent/organisation/organisation-files.ts';
import { type Environment, silentLogger } from '../../../main/agent/parts.ts';
import { createAwsLogin } from '../../../main/agent/providers/aws/login.ts';
import { createAzureLogin } from '../../../main/agent/providers/azure/login.ts';
import { createGcpLogin } from '../../../main/agent/providers/gcp/login.ts';
import type { LoginProvider } from '../../../main/agent/providers/login-provider.ts';
import { createOidcLogin } from '../../../main/agent/providers/oidc/login.ts';
import { createOidcTokens } from '../../../main/agent/providers/oidc/tokens.ts';
import { createVaultLogin } from '../../../main/agent/providers/vault/login.ts';
import type { VaultMethod } from '../../../main/agent/providers/vault/methods.ts';
import type { SignInFile } from '../../../main/agent/sealing/sign-in-file.ts';
import { type Cluster, type CredentialSource, clusterId } from '../../../main/model/cluster.ts';
import { writeSignIn } from '../../world/aws/sign-ins.ts';
import { inCallbackTurn } from '../../world/free-ports.ts';
import { clusterClient, startIssuer } from '../../world/oidc/issuer.ts';
import { firstPerson } from '../../world/people.ts';
import { installBrowser } from '../../world/person/wrapper.ts';
import { defaultPlan } from '../../world/plan.ts';
import { Traffic } from '../../world/traffic.ts';
import { startVault } from '../../world/vault/server.ts';
import { discoverOnce } from '../discovery/clouds.ts';
import { type Rig, signInFile, startAwsRig, startRig } from '../logins/rig.ts';
import { startAzureCloud } from '../providers/azure/cloud.ts';
import { startGoogle } from '../providers/gcp/google.ts';
import { credentialsOf } from './credentials-of.ts';
import { anyConsent, noOidc } from './no-oidc.ts';

const cluster = (source: Cluster['source'], credential: CredentialSource): Cluster => ({
  id: clusterId(source, 'account', 'region', 'one'),
  source,
  account: 'account',
  region: 'region',
  name: 'one',
  title: 'one',
  server: 'https://one.example',
  reach: { kind: 'none', reason: '' },
  credential,
  tagProblems: [],
  seenAt: 0,
  stale: false,
});

const minute = 60_000;

describe('AWS', () => {
  const sandbox = '222233334444';
  const playground = (...ways: Extract<CredentialSource, { kind: 'eks' }>['ways']) =>
    cluster('eks', { kind: 'eks', cluster: 'playground', region: 'eu-west-1', ways });
  const granted = playground({ kind: 'sso', session: 'acme', account: sandbox, role: 'Developer' });

  let rig: Awaited<ReturnType<typeof startAwsRig>>;
  let signIns: SignIns;
  let logins: ReturnType<Rig['logins']>;
  /** How many have found out that a sign-in is needed. */
  let failed: number;
  let credential: (interactive?: boolean, one?: Cluster) => Promise<unknown>;
  beforeEach(async () => {
    rig = await startAwsRig();
    // The AWS SDK looks for what is cached there.
    for (const name of ['HOME', 'AWS_ENDPOINT_URL']) vi.stubEnv(name, rig.env[name]);
    const { refreshToken: _, ...ended } = rig.world.signIn(-60);
    await writeSignIn({
      home: rig.home,
      plan: defaultPlan,
      signIn: ended as typeof ended & { refreshToken: '' },
    });
    const { clock, network, env, home, aws } = rig;
    const credentials = credentialsOf({ clock, network, env, home, aws });
    logins = rig.logins(createAwsLogin(aws));
    const own = logins;
    const inBrowser: typeof own.inBrowser = async (needed) => {
      const found = await own.inBrowser(needed);
      failed += 1;
      return found;
    };
    failed = 0;
    signIns = createSignIns({ clock, logins: { ...own, inBrowser } });
    credential = (interactive = true, one = granted) =>
      signIns.through(interactive, () => credentials.get(one));
  });
  afterEach(async () => {
    vi.unstubAllEnvs();
    await rig.close();
  });
  const ended = { code: 'aws-session-expired', hint: 'Run `k8s-tunnels login aws acme`.' };

  test('twenty at once whose session has ended cost one tab and one token', async () => {
    const given = await Promise.all(Array.from({ length: 20 }, () => credential()));
    expect(given[0]).toMatchObject({ kind: 'token' });
    expect(new Set(given).size).toBe(1);
    expect(rig.browser.opened).toHaveLength(1);
    expect(rig.traffic.count('sso-oidc', 'CreateToken')).toBe(1);
    expect(await credential()).toBe(given[0]);
    expect(rig.browser.opened).toHaveLength(1);
  });

  test('one that finds out late opens no tab of its own', async () => {
    let isFirst = true;
    const failure = await credential(false).catch((error: unknown) => error);
    const late = signIns.through(true, async () => {
      if (!isFirst) return 'got';
      isFirst = false;
      await credential();
      throw failure;
    });
    expect(await late).toBe('got');
    expect(rig.browser.opened).toHaveLength(1);
  });

  test('where no browser may be opened it is told at once what to run', async () => {
    await expect(credential(false)).rejects.toMatchObject(ended);
    expect(rig.browser.opened).toEqual([]);
  });

  test('nobody answers: it ends in time, and no other tab is opened for five minutes', async () => {
    rig.browser.person = 'absent';
    const late = expect(Promise.allSettled([credential(), credential()])).resolves.toMatchObject(
      Array(2).fill({
        reason: {
          code: 'login-timeout',
          message: 'Nobody signed in to AWS (acme) within 2 minutes.',
          hint: 'Run `k8s-tunnels login aws acme` to sign in.',
        },
      }),
    );
    await vi.waitFor(() => expect(logins.waiting()).toHaveLength(1));
    // Whoever comes now waits for the rest of the time only.
    rig.clock.skip(minute);
    const third = expect(credential()).rejects.toMatchObject({ code: 'login-timeout' });
    await vi.waitFor(() => expect(failed).toBe(3));
    rig.clock.skip(minute);
    await late;
    await third;
    await vi.waitFor(() => expect(logins.waiting()).toEqual([]));
    rig.clock.skip(4 * minute);
    await expect(credential()).rejects.toMatchObject(ended);
    expect(rig.browser.opened).toHaveLength(1);
    // A person who asks for it gets one.
    rig.browser.person = 'present';
    await logins.login({ provider: 'aws', signal: new AbortController().signal });
    expect(await credential()).toMatchObject({ kind: 'token' });
    expect(rig.browser.opened).toHaveLength(2);
  });

  test('after five minutes one may be opened again', async () => {
    rig.browser.person = 'absent';
    const late = expect(credential()).rejects.toMatchObject({ code: 'login-timeout' });
    await vi.waitFor(() => expect(logins.waiting()).toHaveLength(1));
    rig.clock.skip(2 * minute);
    await late;
    rig.clock.skip(5 * minute);
    rig.browser.person = 'present';
    expect(await credential()).toMatchObject({ kind: 'token' });
    expect(rig.browser.opened).toHaveLength(2);
  });

  test('without a browser the code to enter is shown, and waited for', async () => {
    rig.browser.person = 'missing';
    const waiting = credential();
    await vi.waitFor(() => expect(logins.waiting()[0]?.userCode).toBeDefined());
    rig.browser.person = 'present';
    await rig.browser.open(logins.waiting()[0]?.url ?? '');
    await rig.browser.ended();
    expect(rig.seen.flat()).toContainEqual(expect.objectContaining({ noBrowser: true }));
    rig.clock.skip(10_000);
    expect(await waiting).toMatchObject({ kind: 'token' });
  });

  describe('a profile with role_arn over a session', () => {
    const deep = playground({ kind: 'profile', name: 'deep' });
    beforeEach(() =>
      appendFile(
        path.join(rig.home, '.aws', 'config'),
        `
[profile base]
sso_session = acme
sso_account_id = ${sandbox}
sso_role_name = Developer
region = eu-west-1
[profile deep]
source_profile = base
role_arn = arn:aws:iam::444455556666:role/eks
region = eu-west-1
`,
      ),
    );

    test('that has ended', async () => {
      await expect(credential(false, deep)).rejects.toMatchObject(ended);
      expect(await credential(true, deep)).toMatchObject({ kind: 'token' });
      expect(rig.browser.opened).toHaveLength(1);
      expect(rig.traffic.count('sts', 'AssumeRole')).toBe(1);
    });

    test('that was revoked while it seems to hold', async () => {
      await writeSignIn({ home: rig.home, plan: defaultPlan, signIn: rig.world.signIn() });
      rig.world.signOut();
      await expect(credential(false, deep)).rejects.toMatchObject(ended);
      expect(await credential(true, deep)).toMatchObject({ kind: 'token' });
      expect(rig.browser.opened).toHaveLength(1);
    });
  });

  test('after signing out, what was given of the role is not used any more', async () => {
    expect(await credential()).toMatchObject({ kind: 'token' });
    await logins.logout({ provider: 'aws' });
    // Another cluster of the role, whose credentials would hold for an hour.
    await expect(
      credential(false, { ...granted, id: clusterId('eks', 'a', 'b', 'other') }),
    ).rejects.toMatchObject(ended);
  });

  test.each([-10, 10])('a clock that is wrong by %i minutes does no harm', async (minutes) => {
    rig.clock.skip(minutes * minute);
    const given = (await credential()) as { readonly token: string; readonly expiresAt: number };
    const url = new URL(Buffer.from(given.token.replace('k8s-aws-v1.', ''), 'base64url').toString());
    expect(await rig.world.verifyPresigned(url, { 'x-k8s-aws-id': 'playground' })).toMatchObject({
      status: 'verified',
      account: sandbox,
    });
    // A cluster takes it for 15 minutes after its signature, by the right clock.
    expect(given.expiresAt - rig.clock.now()).toBeLessThanOrEqual(5 * minute);
    expect(await logins.accounts()).toMatchObject([{ status: 'signed-in' }]);
    // The role's credentials have ended by the right clock, also where ours says that they have 10 minutes left.
    rig.traffic.reset();
    rig.clock.skip(60 * minute);
    await credential();
    expect(rig.traffic.count('sso', 'GetRoleCredentials')).toBe(1);
    expect(rig.browser.opened).toHaveLength(1);
  });

  test.each(['a role', 'a chain of roles'])(
    'offline, by %s: told as that, no tab, nothing lost',
    async (what) => {
      const profile = `
[profile base]
sso_session = acme
sso_account_id = ${sandbox}
sso_role_name = Developer
[profile deep]
source_profile = base
role_arn = arn:aws:iam::444455556666:role/eks
region = eu-west-1
`;
      await appendFile(path.join(rig.home, '.aws', 'config'), profile);
      await writeSignIn({ home: rig.home, plan: defaultPlan, signIn: rig.world.signIn() });
      const one = what === 'a role' ? granted : playground({ kind: 'profile', name: 'deep' });
      const lift = rig.traffic.inject({ service: 'sso', does: { kind: 'drop' } });
      await expect(credential(true, one)).rejects.toMatchObject({
        code: 'network-unreachable',
        retryable: true,
      });
      lift();
      // A token that has ended and cannot be renewed for now.
      await writeSignIn({ home: rig.home, plan: defaultPlan, signIn: rig.world.signIn(-60) });
      const again = rig.traffic.inject({ service: 'sso-oidc', does: { kind: 'drop' } });
      await expect(credential(true, one)).rejects.toMatchObject({ code: 'network-unreachable' });
      again();
      expect(await credential(true, one)).toMatchObject({ kind: 'token' });
      expect(rig.browser.opened).toEqual([]);
    },
  );

  test('of several ways the one whose sign-in has ended is told, not the last', async () => {
    const { accessKeyId } = defaultPlan.accounts[0] ?? {};
    await writeFile(
      path.join(rig.home, '.aws', 'credentials'),
      `[broken]\naws_access_key_id = ${accessKeyId}\naws_secret_access_key =\n`,
    );
    const ways = granted.credential?.kind === 'eks' ? granted.credential.ways : [];
    const both = playground(...ways, { kind: 'profile', name: 'broken' });
    await expect(credential(false, both)).rejects.toMatchObject(ended);
  });
});

/** What stands for a credential of one cluster through the sign-ins of one provider. */
function throughOf(
  rig: Rig,
  provider: LoginProvider,
  parts: {
    env: Environment;
    home?: string;
    network?: Rig['network'];
    googleFile?: SignInFile;
    azureFile?: SignInFile;
  },
  oidc = noOidc,
) {
  const { clock } = rig;
  const { env, home = rig.home, network = rig.network } = parts;
  const credentials = credentialsOf({ ...parts, clock, network, env, home, oidc });
  const logins = rig.logins(provider);
  const signIns = createSignIns({ clock, logins });
  return (one: Cluster, interactive = true) => signIns.through(interactive, () => credentials.get(one));
}

describe('the others', () => {
  let rig: Rig;
  beforeEach(async () => {
    rig = await startRig();
  });
  afterEach(() => rig.close());

  test('Google, by the organisation’s client', async () => {
    const google = await startGoogle();
    const env = {
      ...google.env,
      CLOUDSDK_CONFIG: path.join(rig.home, 'none'),
      CLOUDSDK_AUTH_TOKEN_HOST: google.gcp.tokenUri,
      CLOUDSDK_AUTH_AUTH_HOST: google.gcp.authUri,
    };
    const { home, network, clock } = rig;
    const ownFile = path.join(home, 'google-sign-in.json');
    let client: { id: string; secret: string } | undefined;
    const provider = createGcpLogin({
      parts: { env, home, network, clock, ownFile: signInFile(ownFile) },
      client: () => client,
    });
    const credential = throughOf(rig, provider, { env, googleFile: signInFile(ownFile) });
    const one = cluster('gke', { kind: 'gke' });
    const refused = {
      code: 'gcp-session-expired',
      hint: 'Run `k8s-tunnels login gcp`, or `gcloud auth application-default login`.',
    };
    // Without a client there is none that could be begun.
    await expect(credential(one)).rejects.toMatchObject(refused);
    client = google.gcp.signIns.desktopClient;
    await expect(credential(one, false)).rejects.toMatchObject(refused);
    expect(rig.browser.opened).toEqual([]);
    const given = await Promise.all([credential(one), credential(one)]);
    expect(given[0]).toMatchObject({ kind: 'token' });
    expect(given[1]).toBe(given[0]);
    expect(rig.browser.opened).toHaveLength(1);

    // Offline, and with half a file: told as that, no tab; the sign-in holds when that is over.
    const another = throughOf(rig, provider, { env, googleFile: signInFile(ownFile) });
    const lift = google.traffic.inject({ service: 'google-oauth', does: { kind: 'drop' } });
    await expect(another(one)).rejects.toMatchObject({ code: 'network-unreachable', retryable: true });
    lift();
    const whole = await readFile(ownFile, 'utf8');
    await writeFile(ownFile, whole.slice(0, 100));
    await expect(another(one)).rejects.toMatchObject({
      code: 'gcp-failed',
      message: expect.stringContaining(ownFile),
      hint: refused.hint,
    });
    await writeFile(ownFile, whole);
    expect(await another(one)).toMatchObject({ kind: 'token' });
    expect(rig.browser.opened).toHaveLength(1);
    await google.close();
  });

  test('Google, with GOOGLE_APPLICATION_CREDENTIALS set: what was met is told, no tab', async () => {
    const google = await startGoogle();
    google.gcp.signIns.end(google.credentials.refresh_token, 'reauth');
    const file = path.join(rig.home, 'adc.json');
    await writeFile(file, JSON.stringify({ ...google.credentials }));
    const { home, network, clock } = rig;
    const env = {
      ...google.env,
      GOOGLE_APPLICATION_CREDENTIALS: file,
      CLOUDSDK_AUTH_TOKEN_HOST: google.gcp.tokenUri,
    };
    const ownFile = path.join(home, 'google-sign-in.json');
    const provider = createGcpLogin({
      parts: { env, home, network, clock, ownFile: signInFile(ownFile) },
      client: () => google.gcp.signIns.desktopClient,
    });
    const credential = throughOf(rig, provider, { env, googleFile: signInFile(ownFile) });
    await expect(credential(cluster('gke', { kind: 'gke' }))).rejects.toMatchObject({
      code: 'gcp-session-expired',
    });
    expect(rig.browser.opened).toEqual([]);
    await google.close();
  });

  test('Azure', async () => {
    const cloud = await startAzureCloud();
    const { clusters } = await discoverOnce(cloud.aks());
    const lab = clusters.find(({ name }) => name === 'loyalty-staging');
    if (lab === undefined) throw new Error('no cluster');
    await rm(path.join(cloud.home, '.azure'), { recursive: true });
    const browser = await installBrowser({
      folder: path.join(rig.home, 'browser'),
      person: firstPerson(defaultPlan.people),
      proxy: cloud.proxy.url,
      authorityFile: cloud.env.NODE_EXTRA_CA_CERTS ?? '',
    });
    const visits: Promise<unknown>[] = [];
    rig.browser.open = async (url) => void visits.push(execa(browser.command, [url], { reject: false }));
    const { env, home, network } = cloud;
    const azureFile = path.join(rig.home, 'azure-sign-in.json');
    const provider = createAzureLogin({
      parts: { env, home, network, ownFile: signInFile(azureFile) },
      tenants: () => [],
    });
    const credential = throughOf(rig, provider, { env, home, network, azureFile: signInFile(azureFile) });
    await expect(credential(lab, false)).rejects.toMatchObject({
      code: 'azure-session-expired',
      hint: 'Run `k8s-tunnels login azure`, or `az login`.',
    });
    expect(visits).toEqual([]);
    const given = await Promise.all([credential(lab), credential(lab)]);
    expect(given[0]).toMatchObject({ kind: 'token' });
    expect(visits).toHaveLength(1);
    await Promise.all(visits);

    // Offline: told as that, no tab; the sign-in holds when that is over.
    const another = throughOf(rig, provider, { env, home, network, azureFile: signInFile(azureFile) });
    const kept = JSON.parse(await readFile(azureFile, 'utf8'));
    await writeFile(azureFile, JSON.stringify({ ...kept, AccessToken: {} }));
    const lift = cloud.traffic.inject({ service: 'entra', operation: 'token', does: { kind: 'drop' } });
    await expect(another(lab)).rejects.toMatchObject({ code: 'network-unreachable', retryable: true });
    lift();
    const mend = cloud.traffic.inject({ service: 'entra', operation: 'token', does: { kind: 'error' } });
    await expect(another(lab)).rejects.toMatchObject({ code: 'azure-failed', retryable: true });
    mend();
    expect(await another(lab)).toMatchObject({ kind: 'token' });
    expect(visits).toHaveLength(1);
    await cloud.close();
  });

  describe('Vault', () => {
    const start = async (login: VaultMethod, more: Environment = {}) => {
      const traffic = new Traffic();
      const vault = await startVault({
        plan: defaultPlan,
        traffic,
        secretFor: () => ({ server: '', 'certificate-authority-data': '', token: 'held' }),
      });
      const { home, network, clock } = rig;
      const env = { VAULT_ADDR: vault.url, ...more };
      const provider = createVaultLogin({
        parts: () => ({ env, home, network, clock }),
        login: () => login,
        files: createOrganisationFiles({ system: [], own: path.join(home, 'organisation-files') }),
      });
      const depot = cluster('vault', {
        kind: 'vault',
        address: vault.url,
        version: 2,
        mount: 'clusters',
        path: 'edge/depot-berlin',
        holds: 'token',
      });
      const credential = throughOf(rig, provider, { env });
      return { vault, traffic, credential: (interactive?: boolean) => credential(depot, interactive) };
    };
    const refused = { code: 'vault-no-token', hint: expect.stringContaining('k8s-tunnels login vault') };

    test('by OpenID Connect, also when its token was revoked', async () => {
      const { vault, credential } = await start({ method: 'oidc' });
      await expect(credential(false)).rejects.toMatchObject(refused);
      const interactive = () => inCallbackTurn(() => credential());
      expect(await interactive()).toMatchObject({ kind: 'token', token: 'held' });
      await writeFile(path.join(rig.home, '.vault-token'), 'hvs.revoked');
      rig.clock.skip(10 * minute);
      expect(await interactive()).toMatchObject({ kind: 'token', token: 'held' });
      expect(rig.browser.opened).toHaveLength(2);
      await vault.close();
    });

    test('offline, or with half a token: told as that, and what was signed in to stays', async () => {
      const { vault, traffic, credential } = await start({ method: 'oidc' });
      const file = path.join(rig.home, '.vault-token');
      await writeFile(file, vault.token);
      const lift = traffic.inject({ service: 'vault', does: { kind: 'drop' } });
      await expect(credential()).rejects.toMatchObject({ code: 'network-unreachable', retryable: true });
      lift();
      await writeFile(file, vault.token.slice(0, 10));
      await expect(credential(false)).rejects.toMatchObject(refused);
      await writeFile(file, vault.token);
      expect(await credential()).toMatchObject({ token: 'held' });
      expect(rig.browser.opened).toEqual([]);
      await vault.close();
    });

    test('by a password, or with VAULT_TOKEN set, nothing is begun', async () => {
      for (const [method, more] of [
        ['userpass', {}],
        ['oidc', { VAULT_TOKEN: 'hvs.revoked' }],
      ] as const) {
        const { vault, credential } = await start({ method }, more);
        await expect(credential()).rejects.toMatchObject(refused);
        await vault.close();
      }
      expect(rig.browser.opened).toEqual([]);
    });
  });

  test('an issuer of OpenID Connect', async () => {
    const world = await startIssuer({ people: defaultPlan.people, traffic: new Traffic() });
    const { network, clock } = rig;
    const source = { kind: 'oidc', issuer: world.issuer, clientId: clusterClient } as const;
    const file = path.join(rig.home, 'oidc.json');
    const issuers = () => [source];
    const tokens = createOidcTokens({
      file: signInFile(file),
      network,
      clock,
      logger: silentLogger,
      issuers,
    });
    const provider = createOidcLogin({ network, clock, tokens, consents: anyConsent, file, issuers });
    const credential = throughOf(rig, provider, { env: {} }, tokens);
    const mill = cluster('vault', source);
    const { host } = new URL(world.issuer);
    await expect(credential(mill, false)).rejects.toMatchObject({
      code: 'credential-failed',
      hint: `Run \`k8s-tunnels login oidc ${host}\`.`,
    });
    const given = await credential(mill);
    expect(await world.verify(given.kind === 'token' ? given.token : '')).toBe('ada@acme.example');
    // Revoked: the refresh token is over when the id token has ended.
    clock.skip(60 * minute);
    world.endRefreshes();
    expect(await credential(mill)).not.toEqual(given);
    expect(rig.browser.opened).toHaveLength(2);
    await world.close();
  });
});
