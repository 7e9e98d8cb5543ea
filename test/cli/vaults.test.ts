import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { defaultPlan } from '../world/plan.ts';
import { Traffic } from '../world/traffic.ts';
import { startVault, type Vault } from '../world/vault/server.ts';
import { type Home, makeHome, runCli } from './run-cli.ts';
import { runInTerminal } from './terminal.ts';

// The built command line and its agent, with an organisation that has two Vaults.

let home: Home;
let berlin: Vault;
let lyon: Vault;
let env: Readonly<Record<string, string>>;

beforeEach(async () => {
  home = await makeHome();
  const start = (token: string) =>
    startVault({
      plan: defaultPlan,
      traffic: new Traffic(),
      secretFor: ({ server }) => ({ server, 'certificate-authority-data': '', token }),
    });
  [berlin, lyon] = await Promise.all([start('of-berlin'), start('of-lyon')]);
  const folder = path.join(home.paths.config, 'organisation-files');
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const put = async (name: string, text: string) => {
    await writeFile(path.join(folder, name), text, { mode: 0o600 });
    return path.join(folder, name);
  };
  const files = async (vault: Vault, name: string) =>
    `roleIdFile: '${await put(`${name}-role`, vault.machine.roleId)}', secretIdFile: '${await put(`${name}-secret`, vault.machine.secretId)}'`;
  const managed = home.env.K8S_TUNNELS_MANAGED_CONFIG;
  await writeFile(
    managed,
    [
      'version: 1',
      'name: Acme',
      'sources:',
      '  vault:',
      '    addresses:',
      `      - {address: '${berlin.url}', mounts: [clusters], login: {method: approle, ${await files(berlin, 'berlin')}}}`,
      `      - {address: '${lyon.url}', mounts: [clusters], login: {method: approle, ${await files(lyon, 'lyon')}}}`,
      'rules:',
      '  - {when: {environment: edge}, settings: {entryForm: connect}}',
      'pilot: {share: 100, changes: {tagPrefix: k8s-tunnels-, links: {support: https://pilot.acme.example}}}',
    ].join('\n'),
  );
  env = home.env;
});
afterEach(async () => {
  await runCli(['quit'], { env });
  await Promise.all([berlin.close(), lyon.close()]);
  await home.remove();
});
const run = (...args: readonly string[]) => runCli(args, { env });
const hostOf = ({ url }: Vault) => new URL(url).host;

it('signs in to each Vault by its address, lists both, and signs out of one', async () => {
  const which = await run('login', 'vault');
  expect(which.code).not.toBe(0);
  expect(which.stderr).toContain(`vault ${hostOf(berlin)} and vault ${hostOf(lyon)}`);
  expect(await run('login', 'vault', lyon.url)).toMatchObject({
    code: 0,
    stdout: expect.stringContaining(`✓ Vault (${hostOf(lyon)})`),
  });
  const listed = await run('list', '--all');
  expect(listed.stderr).toContain(
    `Not signed in to Vault (${hostOf(berlin)}): \`k8s-tunnels login vault ${hostOf(berlin)}\``,
  );
  // The only one that is missing now.
  expect((await run('login', 'vault')).code).toBe(0);
  const accounts = JSON.parse((await run('accounts', '--json')).stdout).accounts as {
    provider: string;
    session: string;
    status: string;
  }[];
  expect(accounts.filter(({ provider }) => provider === 'vault')).toMatchObject([
    { session: hostOf(berlin), status: 'signed-in' },
    { session: hostOf(lyon), status: 'signed-in' },
  ]);
  await run('discover');
  const clusters = JSON.parse((await run('list', '--all', '--json')).stdout).clusters as {
    id: string;
    account: string;
    byOrganisation?: unknown;
  }[];
  const at = (vault: Vault) => clusters.filter(({ account }) => account.startsWith(hostOf(vault)));
  expect([at(berlin).length, at(lyon).length]).toEqual([2, 2]);
  expect(clusters[0]?.byOrganisation).toEqual({ rule: 1, entryForm: 'connect' });
  for (const [vault, token] of [
    [berlin, 'of-berlin'],
    [lyon, 'of-lyon'],
  ] as const) {
    const id = at(vault).find((cluster) => cluster.id.endsWith('depot-berlin'))?.id ?? '';
    const given = await run('credential', id);
    expect(JSON.parse(given.stdout).status.token).toBe(token);
  }
  expect((await run('logout', 'vault', lyon.url)).stdout).toContain(hostOf(lyon));
  expect((await run('accounts')).stdout).toMatch(new RegExp(`Vault +${hostOf(lyon)} +not signed in`));
  // In the pilot group.
  expect(JSON.parse((await run('setup', '--json')).stdout)).toMatchObject({
    organisation: {
      pilot: { why: 'share', line: expect.stringContaining('in the pilot group') },
      links: { support: 'https://pilot.acme.example' },
    },
  });
}, 120_000);

it('asks in the terminal for a token that somebody issued', async () => {
  const managed = env.K8S_TUNNELS_MANAGED_CONFIG ?? '';
  const text = await readFile(managed, 'utf8');
  await writeFile(managed, text.replaceAll(/method: approle, [^}]*/g, 'method: token'));
  const without = await run('login', 'vault', lyon.url);
  expect(without.stderr).toContain('needs a token, and there is no terminal to ask for it');
  const { code, screen } = await runInTerminal({
    args: ['login', 'vault', lyon.url],
    env,
    when: 'Token',
    keys: `${lyon.token}\r`,
  });
  expect(code).toBe(0);
  expect(screen).toContain(`Vault (${hostOf(lyon)})`);
  expect((await run('accounts')).stdout).toMatch(new RegExp(`✓ +Vault +${hostOf(lyon)}`));
});
