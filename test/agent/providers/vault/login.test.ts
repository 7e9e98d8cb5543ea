import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createOrganisationFiles } from '../../../../main/agent/organisation/organisation-files.ts';
import type { Environment } from '../../../../main/agent/parts.ts';
import { createVaultLogin } from '../../../../main/agent/providers/vault/login.ts';
import type { VaultMethod } from '../../../../main/agent/providers/vault/methods.ts';
import { vaultToken } from '../../../../main/agent/providers/vault/token.ts';
import { callbackTurn } from '../../../world/free-ports.ts';
import { firstPerson } from '../../../world/people.ts';
import { defaultPlan } from '../../../world/plan.ts';
import { Traffic } from '../../../world/traffic.ts';
import { startVault, type Vault } from '../../../world/vault/server.ts';
import { type Rig, startRig } from '../../logins/rig.ts';

let rig: Rig;
let vault: Vault;
let traffic: Traffic;
let file: string;
beforeEach(async () => {
  rig = await startRig();
  traffic = new Traffic();
  vault = await startVault({
    plan: defaultPlan,
    traffic,
    secretFor: () => ({ server: '', 'certificate-authority-data': '', token: 'none' }),
  });
  file = path.join(rig.home, '.vault-token');
});
afterEach(async () => {
  await vault.close();
  await rig.close();
});

/** The organisation's files, below the user's folder for them. */
const filesIn = (home: string) =>
  createOrganisationFiles({ system: [], own: path.join(home, 'organisation-files') });
const never = new AbortController().signal;
const loginsBy = (login?: VaultMethod, env: Environment = {}) => {
  const { home, network, clock } = rig;
  const parts = { env: { VAULT_ADDR: vault.url, ...env }, home, network, clock };
  return rig.logins(createVaultLogin({ parts: () => parts, login: () => login, files: filesIn(rig.home) }));
};
const person = firstPerson(defaultPlan.people);

test('is needed where nobody has signed in, and blocked by a token that comes before it', async () => {
  const [account] = await loginsBy().accounts();
  expect(account).toMatchObject({ status: 'signed-out', needed: true });
  const accounts = await loginsBy(undefined, { VAULT_TOKEN: 'none' }).accounts();
  const own = accounts.find(({ ours }) => ours);
  expect(own).toMatchObject({ blocked: expect.stringContaining('VAULT_TOKEN is set') });
  expect(own?.needed).toBeUndefined();
});

describe('OIDC', () => {
  let endTurn: () => Promise<void>;
  beforeEach(async () => {
    endTurn = await callbackTurn();
  });
  afterEach(() => endTurn());

  test('signs in in the browser, and the token lies where the vault command keeps it', async () => {
    const logins = loginsBy();
    expect(await logins.accounts()).toMatchObject([{ status: 'signed-out', asks: 'browser' }]);
    const account = await logins.login({ provider: 'vault', signal: never });
    expect(account).toMatchObject({
      status: 'signed-in',
      who: 'oidc-ada@acme.example',
      store: file,
      ours: true,
    });
    expect(account.endsAt).toBeGreaterThan(Date.now() + 31 * 86_400_000);
    expect(await rig.browser.ended()).toEqual(['localhost:8250/oidc/callback']);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    // The bare token, no end of line: as the vault command writes it.
    expect(await readFile(file, 'utf8')).toMatch(/^hvs\.[\w-]+$/);
    expect(await vaultToken({ env: {}, home: rig.home })).toBe(await readFile(file, 'utf8'));
  });

  test('a role that is not there is said; nothing is opened', async () => {
    const refused = loginsBy({ method: 'oidc', role: 'nobody' }).login({ provider: 'vault', signal: never });
    await expect(refused).rejects.toMatchObject({ code: 'login-failed' });
    expect(rig.browser.opened).toEqual([]);
  });

  test('a port 8250 that is taken is said', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(8250, '127.0.0.1', resolve));
    try {
      await expect(loginsBy().login({ provider: 'vault', signal: never })).rejects.toMatchObject({
        code: 'port-busy',
        message: expect.stringContaining('8250'),
      });
    } finally {
      await new Promise((resolve) => other.close(resolve));
    }
  });

  test('a code that Vault does not take is told in the browser and to the caller', async () => {
    rig.browser.person = 'absent';
    const refused = loginsBy().login({ provider: 'vault', signal: never });
    refused.catch(() => {});
    await expect.poll(() => rig.browser.opened.length).toBe(1);
    const state = new URL(rig.browser.opened[0] ?? '').searchParams.get('state') ?? '';
    const back = await fetch(
      `http://localhost:8250/oidc/callback?${new URLSearchParams({ state, code: 'guessed' })}`,
    );
    expect(await back.text()).toContain('Vault did not accept the sign-in.');
    await expect(refused).rejects.toMatchObject({ code: 'login-failed' });
    await expect(readFile(file)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  test('a cancelled sign-in gives the port back to the next one', async () => {
    rig.browser.person = 'absent';
    const logins = loginsBy();
    const gone = new AbortController();
    const cancelled = expect(logins.login({ provider: 'vault', signal: gone.signal })).rejects.toMatchObject({
      code: 'cancelled',
    });
    await expect.poll(() => rig.browser.opened.length).toBe(1);
    gone.abort();
    await cancelled;
    rig.browser.person = 'present';
    expect(await logins.login({ provider: 'vault', signal: never })).toMatchObject({ status: 'signed-in' });
  });
});

describe('without a browser', () => {
  test('a user name and a password', async () => {
    const logins = loginsBy({ method: 'userpass' });
    const login = (password: string) =>
      logins.login({ provider: 'vault', password: { username: person.email, password }, signal: never });
    await expect(login('guess')).rejects.toMatchObject({
      code: 'login-failed',
      message: expect.stringContaining('the user name or the password'),
    });
    await expect(logins.login({ provider: 'vault', signal: never })).rejects.toMatchObject({
      code: 'bad-input',
    });
    expect(await login(person.password)).toMatchObject({ status: 'signed-in', asks: 'password' });
    expect(traffic.count('vault', 'userpass-login')).toBe(2);
  });

  test('AppRole and Kubernetes, from files; a file that holds something else is not sent', async () => {
    const put = async (name: string, text: string, folder = 'organisation-files') => {
      await mkdir(path.join(rig.home, folder), { recursive: true, mode: 0o700 });
      await writeFile(path.join(rig.home, folder, name), text);
      return path.join(rig.home, folder, name);
    };
    const roleIdFile = await put('role-id', `${vault.machine.roleId}\n`);
    const secretIdFile = await put('secret-id', vault.machine.secretId);
    const machine = { provider: 'vault', signal: never } as const;
    expect(await loginsBy({ method: 'approle', roleIdFile, secretIdFile }).login(machine)).toMatchObject({
      status: 'signed-in',
    });
    const jwtFile = await put('jwt', vault.machine.jwt);
    expect(await loginsBy({ method: 'kubernetes', role: 'people', jwtFile }).login(machine)).toMatchObject({
      status: 'signed-in',
      asks: 'nothing',
    });
    const key = await put('key', '-----BEGIN PRIVATE KEY-----\nabc\n-----END PRIVATE KEY-----\n');
    const before = traffic.count('vault', 'app-role-login');
    await expect(loginsBy({ method: 'approle', roleIdFile: key }).login(machine)).rejects.toMatchObject({
      code: 'login-failed',
    });
    await expect(
      loginsBy({ method: 'approle', roleIdFile: path.join(rig.home, 'none') }).login(machine),
    ).rejects.toMatchObject({ code: 'file-unreadable' });
    // One word, as the ids are: the organisation's session of Access.
    const token = await put('acme.cloudflareaccess.com-org-token', 'aaa.bbb.ccc', '.cloudflared');
    for (const login of [
      { method: 'approle', roleIdFile: token },
      { method: 'approle', roleIdFile, secretIdFile: token },
      { method: 'kubernetes', jwtFile: token },
    ] as const) {
      await expect(loginsBy(login).login(machine)).rejects.toMatchObject({
        code: 'organisation-refused',
        message: expect.stringContaining(token),
      });
    }
    expect(traffic.count('vault', 'app-role-login')).toBe(before);
    expect(traffic.count('vault', 'kubernetes-login')).toBe(1);
    expect(rig.browser.opened).toEqual([]);
  });
});

test('a token that has ended is reported', async () => {
  const token = vault.issueToken({ policies: ['default'], ttl: 60 });
  await writeFile(file, token);
  const logins = loginsBy();
  expect(await logins.accounts()).toMatchObject([{ status: 'signed-in' }]);
  vault.revokeToken(token);
  expect(await logins.accounts()).toMatchObject([{ status: 'ended' }]);
});

test.skipIf(process.platform === 'win32')(
  'a token helper keeps the token of a login, and erases it',
  async () => {
    const helper = path.join(rig.home, 'helper.sh');
    const held = path.join(rig.home, 'held');
    const script = `case "$1" in get) cat '${held}' 2>/dev/null;; store) cat > '${held}';; erase) rm '${held}';; esac; exit 0`;
    await writeFile(helper, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    await writeFile(path.join(rig.home, '.vault'), `token_helper = "${helper}"\n`);
    await writeFile(file, vault.issueToken({ policies: ['default'], ttl: 60 }));
    const logins = loginsBy({ method: 'userpass' });
    expect(await logins.accounts()).toMatchObject([{ status: 'signed-out' }]);
    const password = { username: person.email, password: person.password };
    expect(await logins.login({ provider: 'vault', password, signal: never })).toMatchObject({
      status: 'signed-in',
      store: `the token helper ${helper}`,
    });
    expect(await readFile(held, 'utf8')).toMatch(/^hvs\./);
    const { removed } = await logins.logout({ provider: 'vault' });
    expect(removed).toEqual([expect.stringMatching(/the token helper .*helper\.sh\), revoked/)]);
    await expect(readFile(held)).rejects.toMatchObject({ code: 'ENOENT' });
  },
);

test('signing out revokes the token and says what is left; VAULT_TOKEN is told apart', async () => {
  const token = vault.issueToken({ policies: ['default'], ttl: 3600 });
  await writeFile(file, token);
  const logins = loginsBy(undefined, { VAULT_TOKEN: vault.token });
  expect(await logins.accounts()).toMatchObject([
    { store: 'VAULT_TOKEN', ours: false },
    { store: file, ours: true },
  ]);
  await expect(logins.login({ provider: 'vault', signal: never })).rejects.toMatchObject({
    code: 'bad-input',
  });
  const { removed, remaining } = await logins.logout({ provider: 'vault' });
  expect(removed).toEqual([expect.stringContaining('revoked')]);
  expect(remaining).toEqual(['The token in VAULT_TOKEN.', expect.stringContaining('identity provider')]);
  const asked = await fetch(`${vault.url}/v1/auth/token/lookup-self`, {
    headers: { 'x-vault-token': token },
  });
  expect(asked.status).toBe(403);
});
