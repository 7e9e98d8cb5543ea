import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createCredentials } from '../../../../main/agent/credentials/credentials.ts';
import { createOrganisationFiles } from '../../../../main/agent/organisation/organisation-files.ts';
import { parseOrganisation } from '../../../../main/agent/organisation/parse.ts';
import { type Environment, silentLogger } from '../../../../main/agent/parts.ts';
import { pathsFrom } from '../../../../main/agent/paths.ts';
import { createProviders, type Providers } from '../../../../main/agent/providers/providers.ts';
import { createSealer } from '../../../../main/agent/sealing/sealer.ts';
import type { Account } from '../../../../main/model/account.ts';
import { defaultSettings, defaultSettingsFrom } from '../../../../main/model/settings.ts';
import { firstPerson } from '../../../world/people.ts';
import { defaultPlan } from '../../../world/plan.ts';
import { Traffic } from '../../../world/traffic.ts';
import { startVault, type Vault } from '../../../world/vault/server.ts';
import { discoverOnce, resultAt } from '../../discovery/clouds.ts';
import { type Rig, startRig } from '../../logins/rig.ts';
import { type RecordedVault, recordTokens } from './two-vaults.ts';

/** A Vault at each of two sites; `holds` is the token in its secrets, which says which of them was asked. */
interface Site {
  readonly vault: Vault;
  readonly recorded: RecordedVault;
  readonly traffic: Traffic;
}

let rig: Rig;
let berlin: Site;
let lyon: Site;
const startSite = async (holds: string): Promise<Site> => {
  const traffic = new Traffic();
  const vault = await startVault({
    plan: defaultPlan,
    traffic,
    secretFor: ({ server }) => ({ server, 'certificate-authority-data': '', token: holds }),
    now: () => rig.clock.now(),
  });
  return { vault, traffic, recorded: await recordTokens(vault.url) };
};
beforeEach(async () => {
  rig = await startRig();
  [berlin, lyon] = await Promise.all([startSite('of-berlin'), startSite('of-lyon')]);
});
afterEach(async () => {
  for (const { recorded, vault } of [berlin, lyon]) {
    await recorded.close();
    await vault.close();
  }
  await rig.close();
});

const never = new AbortController().signal;
const person = firstPerson(defaultPlan.people);
const password = { username: person.email, password: person.password };
const ownFile = () => path.join(rig.home, '.vault-token');

/** The agent's providers of a user with this environment, and an organisation with these addresses. */
function setUp(
  options: {
    readonly env?: Environment;
    readonly logins?: readonly [string, string];
    readonly more?: readonly string[];
    readonly sealed?: boolean;
    readonly shared?: Providers;
  } = {},
) {
  const { logins = ['{method: userpass}', '{method: userpass}'], more = [], sealed = false } = options;
  const organisation = parseOrganisation(
    [
      'version: 1',
      'name: Acme',
      'sources:',
      '  vault:',
      '    addresses:',
      `      - {address: '${berlin.recorded.url}', mounts: [clusters], login: ${logins[0]}}`,
      `      - {address: '${lyon.recorded.url}', mounts: [clusters], login: ${logins[1]}}`,
      ...more.map((line) => `      - ${line}`),
    ].join('\n'),
    'acme.yaml',
  );
  const env = { HOME: rig.home, USERPROFILE: rig.home, ...options.env };
  const paths = { ...pathsFrom(env), home: rig.home, state: path.join(rig.home, 'state') };
  const { network, clock } = rig;
  const made = createProviders({
    parts: {
      env,
      paths,
      clock,
      logger: silentLogger,
      sealer: sealed ? createSealer(Buffer.alloc(32, 7)) : { kind: 'headless' },
    },
    network,
    catalog: { clusters: () => [] },
    settings: {
      get: () => ({ ...defaultSettings, vaultMounts: ['clusters'] }),
      from: () => defaultSettingsFrom,
    },
    organisation: () => organisation,
    organisationFiles: createOrganisationFiles({ system: [], own: path.join(rig.home, 'files') }),
    notice: () => {},
    shared: options.shared,
  });
  const provider = made.all.find(({ login }) => login?.kind === 'vault');
  if (provider?.login === undefined || provider.source === undefined) throw new Error('no provider of Vault');
  const { source, login, background } = provider;
  return {
    made,
    logins: rig.logins(login),
    discover: () => discoverOnce(source()),
    credentials: createCredentials({ clock, providers: [provider] }),
    background: background ?? (() => () => {}),
  };
}
const bySession = (accounts: readonly Account[]) =>
  Object.fromEntries(accounts.map((account) => [account.session, account.status]));

test('each Vault has a login, a token and clusters of its own, and sees no token of the other', async () => {
  const { logins, discover, credentials } = setUp();
  const [first, second] = [berlin.recorded.host, lyon.recorded.host];
  expect(await logins.accounts()).toMatchObject([
    { session: first, status: 'signed-out', needed: true, store: ownFile() },
    { session: second, status: 'signed-out', needed: true },
  ]);
  await expect(logins.login({ provider: 'vault', password, signal: never })).rejects.toMatchObject({
    code: 'bad-input',
    hint: expect.stringContaining(second),
  });
  const before = await discover();
  expect(resultAt(before.results, `${second}/clusters`, '/')).toMatchObject({
    kind: 'failed',
    error: { code: 'vault-no-token', message: expect.stringContaining(second) },
  });

  await logins.login({ provider: 'vault', session: second, password, signal: never });
  expect(bySession(await logins.accounts())).toEqual({ [first]: 'signed-out', [second]: 'signed-in' });
  await expect(stat(ownFile())).rejects.toMatchObject({ code: 'ENOENT' });
  const sealedFile = path.join(rig.home, 'state', 'vault-sign-ins.json');
  expect((await stat(sealedFile)).mode & 0o777).toBe(0o600);
  const half = await discover();
  expect(new Set(half.clusters.map(({ account }) => account))).toEqual(new Set([`${second}/clusters`]));

  await logins.login({ provider: 'vault', session: first, password, signal: never });
  const { clusters } = await discover();
  const find = (host: string) => {
    const found = clusters.find(({ account, name }) => account.startsWith(host) && name === 'depot-berlin');
    if (found === undefined) throw new Error(`no cluster at ${host}`);
    return found;
  };
  expect(await credentials.get(find(first))).toMatchObject({ token: 'of-berlin' });
  expect(await credentials.get(find(second))).toMatchObject({ token: 'of-lyon' });
  expect(await credentials.ownerOf(find(first))).not.toBe(await credentials.ownerOf(find(second)));
  expect([berlin.recorded.tokens.size, lyon.recorded.tokens.size]).toEqual([1, 1]);
  expect(berlin.recorded.tokens).not.toEqual(lyon.recorded.tokens);

  expect(await logins.logout({ provider: 'vault', session: second })).toMatchObject({
    removed: [expect.stringContaining(`The Vault token of ${second}`)],
  });
  expect(bySession(await logins.accounts())).toEqual({ [first]: 'signed-in', [second]: 'signed-out' });
  await expect(credentials.get(find(second))).rejects.toMatchObject({
    code: 'vault-no-token',
    hint: `Run \`k8s-tunnels login vault ${second}\`.`,
    signIn: { provider: 'vault', session: second },
  });
  expect(await credentials.get(find(first))).toMatchObject({ token: 'of-berlin' });
});

test('the token of the user’s environment is shown to the Vault of VAULT_ADDR alone, whichever that is', async () => {
  await writeFile(ownFile(), berlin.vault.token);
  await setUp().discover();
  expect([...berlin.recorded.tokens]).toEqual([berlin.vault.token]);
  expect([...lyon.recorded.tokens]).toEqual([]);

  const inShell = setUp({ env: { VAULT_ADDR: lyon.recorded.url, VAULT_TOKEN: lyon.vault.token } });
  const { clusters, results } = await inShell.discover();
  expect([...lyon.recorded.tokens]).toEqual([lyon.vault.token]);
  expect([...berlin.recorded.tokens]).toEqual([berlin.vault.token]);
  expect(clusters.every(({ account }) => account.startsWith(lyon.recorded.host))).toBe(true);
  // The first address is read beside it then, with a session of its own.
  expect(resultAt(results, `${berlin.recorded.host}/clusters`, '/')).toMatchObject({
    kind: 'failed',
    error: { code: 'vault-no-token' },
  });
  expect(await inShell.logins.accounts()).toMatchObject([
    { session: lyon.recorded.host, store: 'VAULT_TOKEN', ours: false },
    { session: lyon.recorded.host, blocked: expect.stringContaining('VAULT_TOKEN') },
    { session: berlin.recorded.host, needed: true },
  ]);
});

test('a VAULT_ADDR that the organisation does not name takes the place of the first address', async () => {
  const env = { VAULT_ADDR: 'http://127.0.0.1:9' };
  expect((await setUp({ env }).logins.accounts()).map(({ session }) => session)).toEqual([
    '127.0.0.1:9',
    lyon.recorded.host,
  ]);
});

test('namespaces of one address share its session, as before', async () => {
  await writeFile(ownFile(), berlin.vault.token);
  const { logins, discover } = setUp({
    more: [`{address: '${berlin.recorded.url}/', namespace: team, mounts: [edge]}`],
  });
  expect((await logins.accounts()).map(({ session }) => session)).toEqual([
    berlin.recorded.host,
    lyon.recorded.host,
  ]);
  const { results } = await discover();
  // The double has no such namespace: what matters is that the token was sent there, and no login asked for.
  expect(resultAt(results, `${berlin.recorded.host}/team/edge`, '/')).not.toMatchObject({
    error: { code: 'vault-no-token' },
  });
});

test('machines sign in to each Vault with files of their own', async () => {
  const folder = path.join(rig.home, 'files');
  await mkdir(folder, { mode: 0o700 });
  const put = async (name: string, text: string) => {
    await writeFile(path.join(folder, name), text);
    return path.join(folder, name);
  };
  const role = await put('role', lyon.vault.machine.roleId);
  const secret = await put('secret', lyon.vault.machine.secretId);
  const jwt = await put('jwt', berlin.vault.machine.jwt);
  const { logins, discover } = setUp({
    logins: [
      `{method: kubernetes, role: people, jwtFile: '${jwt}'}`,
      `{method: approle, roleIdFile: '${role}', secretIdFile: '${secret}'}`,
    ],
  });
  for (const { recorded } of [berlin, lyon])
    await logins.login({ provider: 'vault', session: recorded.host, signal: never });
  expect(berlin.traffic.count('vault', 'kubernetes-login')).toBe(1);
  expect(lyon.traffic.count('vault', 'app-role-login')).toBe(1);
  expect(berlin.traffic.count('vault', 'app-role-login')).toBe(0);
  expect((await discover()).clusters).toHaveLength(4);
});

test('an issued token of another Vault is typed, and checked before it is stored', async () => {
  const { logins } = setUp({ logins: ['{method: token}', '{method: token}'] });
  const session = lyon.recorded.host;
  expect(await logins.accounts()).toMatchObject([
    { session: berlin.recorded.host, ours: false },
    { session, ours: true, asks: 'token', needed: true },
  ]);
  const type = (token: string) =>
    logins.login({
      provider: 'vault',
      session,
      password: { username: session, password: token },
      signal: never,
    });
  await expect(type('')).rejects.toMatchObject({ code: 'bad-input' });
  await expect(type('hvs.guess')).rejects.toMatchObject({ code: 'login-failed' });
  expect(await type(`${lyon.vault.token}\n`)).toMatchObject({ status: 'signed-in' });
});

test('the tokens of both are renewed, each at its own Vault', async () => {
  const { made, background } = setUp();
  await writeFile(ownFile(), berlin.vault.issueToken({ policies: ['default'], ttl: 60 }));
  const { storeFor } = made.vaultSessions;
  await storeFor(new URL(lyon.recorded.url)).store(lyon.vault.issueToken({ policies: ['default'], ttl: 60 }));
  const end = background();
  try {
    await vi.waitFor(() => expect(rig.clock.pending()).toBe(2));
    rig.clock.skip(41_000);
    for (const { traffic } of [berlin, lyon])
      await vi.waitFor(() => expect(traffic.count('vault', 'token-renew-self')).toBe(1));
  } finally {
    end();
  }
});

test('a shell shares the sessions of the agent', async () => {
  const agent = setUp();
  const session = lyon.recorded.host;
  const shell = setUp({ env: { VAULT_NAMESPACE: 'x' }, shared: agent.made });
  await Promise.all([
    agent.logins.login({ provider: 'vault', session, password, signal: never }),
    shell.made.vaultSessions.storeFor(new URL('https://third.example')).store('of-third'),
  ]);
  const text = await readFile(path.join(rig.home, 'state', 'vault-sign-ins.json'), 'utf8');
  expect(text).toContain('of-third');
  expect(text).toContain(lyon.recorded.url);
  expect(bySession(await shell.logins.accounts())[session]).toBe('signed-in');
});

test('a login without the desktop app sets aside what that had sealed', async () => {
  const store = (made: Providers) => made.vaultSessions.storeFor(new URL(lyon.recorded.url));
  await store(setUp({ sealed: true }).made).store('of-the-app');
  const { made, logins } = setUp();
  await expect(store(made).read()).rejects.toMatchObject({ code: 'login-sealed' });
  await logins.login({ provider: 'vault', session: lyon.recorded.host, password, signal: never });
  expect(await store(made).read()).toMatch(/^hvs\./);
  const file = path.join(rig.home, 'state', 'vault-sign-ins.json.sealed');
  expect(await readFile(file, 'utf8')).toMatch(/^k8s-tunnels-sealed/);
  await rm(file);
});
