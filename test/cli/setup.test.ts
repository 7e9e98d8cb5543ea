import { readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createSigner, type Publisher, startPublisher } from '../agent/organisation/publisher.ts';
import { type Home, makeHome, runCli } from './run-cli.ts';
import { runInTerminal } from './terminal.ts';

const acme = [
  'version: 1',
  'name: Acme',
  'access: {team: acme.cloudflareaccess.com}',
  'defaults: {kubeconfigMode: add, catalogMaxAgeMinutes: 5}',
  'locked: [kubeconfigMode]',
  'links: {support: "https://help.acme.example/"}',
  '',
].join('\n');

let home: Home;
let publisher: Publisher;
let env: Record<string, string>;
let url: string;
beforeEach(async () => {
  [home, publisher] = await Promise.all([makeHome(), startPublisher()]);
  const authority = path.join(home.paths.home, 'authority.pem');
  await writeFile(authority, publisher.authority);
  env = {
    ...home.env,
    NODE_EXTRA_CA_CERTS: authority,
    K8S_TUNNELS_MANAGED_CONFIG: path.join(home.paths.home, 'managed.yaml'),
  };
  url = `${publisher.url}/acme.yaml`;
  publisher.publish('/acme.yaml', acme);
});
afterEach(async () => {
  await runCli(['quit'], { env });
  await publisher.close();
  await home.remove();
});

const run = (...args: readonly string[]) => runCli(args, { env, cwd: home.paths.home });
const json = async (...args: readonly string[]) => {
  const { stdout, code } = await run(...args, '--json');
  expect(stdout.trimEnd().split('\n')).toHaveLength(1);
  return { code, document: JSON.parse(stdout) as Record<string, never> };
};

describe('setup', () => {
  it('shows what it does and changes nothing without a yes', async () => {
    expect((await run('setup')).stdout).toBe('Nothing is set up.\n');
    const asked = await run('setup', url);
    expect(asked.code).toBe(2);
    expect(asked.stdout).toBe('');
    expect(asked.stderr).toContain(`Acme, from ${url}`);
    expect(asked.stderr).toMatch(/access\.team +acme\.cloudflareaccess\.com/);
    expect(asked.stderr).toMatch(/kubeconfigMode +add +now switch, managed/);
    expect(asked.stderr).toContain('It is not signed');
    expect(asked.stderr).toContain('A setup needs a yes');
    expect((await json('setup')).document).toEqual({ organisation: null });
  });

  it('with a yes manages the settings, also after an end of the agent', async () => {
    const done = await run('setup', url, '--yes');
    expect([done.code, done.stdout]).toEqual([0, '✓ Set up for Acme\n']);
    expect((await run('setup', '--show')).stdout).toMatch(
      /^Acme\n {2}from +https:.*\n.*set up by you, read \d+ s ago\n/,
    );
    const settings = await run('settings');
    expect(settings.stdout).toMatch(/^kubeconfigMode +add +organisation$/m);
    expect(settings.stdout).toMatch(/^favouritesOrder +own +default$/m);
    const refused = await run('settings', 'kubeconfigMode', 'switch');
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain(
      "✗ Acme manages the setting kubeconfigMode.\n  Ask Acme's administrators",
    );
    expect((await run('settings', 'catalogMaxAgeMinutes', '9')).stdout).toMatch(
      /^catalogMaxAgeMinutes +9 +you$/m,
    );

    await run('quit');
    expect((await json('setup')).document.organisation).toMatchObject({
      name: 'Acme',
      origin: 'url',
      team: 'acme.cloudflareaccess.com',
      locked: ['kubeconfigMode'],
    });
    expect((await json('setup', '--remove')).document).toEqual({ removed: true });
    expect((await run('settings', 'kubeconfigMode')).stdout).toBe('switch\n');
  });

  it.each([
    ['y', 0, '✓ Set up for Acme'],
    ['\r', 130, 'Nothing was changed'],
  ])('is asked about in a terminal: %j', async (keys, expected, words) => {
    const asked = await runInTerminal({ args: ['setup', url], env, when: 'Set up for Acme?', keys });
    expect(asked).toMatchObject({ code: expected, screen: expect.stringContaining(words) });
    expect(asked.screen).toMatch(/access\.team +acme\.cloudflareaccess\.com/);
    expect((await json('setup')).document.organisation).toEqual(
      expected === 0 ? expect.objectContaining({ name: 'Acme' }) : null,
    );
  });

  it('takes a file, relative to the caller', async () => {
    await writeFile(path.join(home.paths.home, 'acme.yaml'), acme);
    const { document } = await json('setup', 'acme.yaml', '--yes');
    expect(document.organisation).toMatchObject({
      origin: 'file',
      place: path.join(home.paths.home, 'acme.yaml'),
    });
    expect(document.preview).toMatchObject({ name: 'Acme', signed: false });
  });

  it('names file, line and field of what is wrong', async () => {
    publisher.publish('/acme.yaml', `${acme}tagPrefix: ACME\n`);
    const { code, document } = await json('setup', url, '--yes');
    expect(code).toBe(2);
    expect(document.error).toMatchObject({ code: 'bad-input' });
    expect(document.error).toMatchObject({ message: expect.stringContaining(`${url}, line 7, tagPrefix: `) });
  });

  it('replaces one from elsewhere only when told to', async () => {
    await run('setup', url, '--yes');
    publisher.publish('/other.yaml', 'version: 1\nname: Other\n');
    const other = `${publisher.url}/other.yaml`;
    const refused = await run('setup', other, '--yes');
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain('which needs --replace');
    expect((await json('setup')).document.organisation).toMatchObject({ name: 'Acme' });
    expect((await run('setup', other, '--yes', '--replace')).stdout).toBe('✓ Set up for Other\n');
  });

  it('with a link and a key is refused without the signature, and refreshed with it', async () => {
    const signer = createSigner();
    const link = `k8s-tunnels://setup?${new URLSearchParams({ url, key: signer.key })}`;
    expect((await json('setup', link, '--yes')).document.error).toMatchObject({
      code: 'organisation-refused',
    });
    publisher.publish('/acme.yaml.sig', signer.sign(acme));
    expect((await json('setup', link, '--yes')).document.organisation).toMatchObject({ signed: true });
    expect((await run('setup', '--refresh')).stdout).toContain('Nothing has changed.');
    publisher.publish('/acme.yaml', acme.replace('Acme', 'Evil'));
    expect((await json('setup', '--refresh')).document.error).toMatchObject({ code: 'organisation-refused' });
    expect((await json('setup')).document.organisation).toMatchObject({ name: 'Acme' });
    const stored = await readFile(path.join(home.paths.config, 'organisation.json'), 'utf8');
    expect(stored).toContain('name: Acme');
  });

  it('yields to what is managed, and comes back', async () => {
    await run('setup', url, '--yes');
    const managed = env.K8S_TUNNELS_MANAGED_CONFIG ?? '';
    await writeFile(managed, 'version: 1\nname: Managed\nlocked: [awsRegions]\n');
    expect((await run('setup', '--refresh')).stdout).toContain('managed by this computer’s administrators');
    expect((await run('settings', 'awsRegions', 'eu-west-1')).stderr).toContain(
      'Managed manages the setting',
    );
    await rm(managed);
    expect((await json('setup', '--refresh')).document).toMatchObject({
      changed: true,
      organisation: { name: 'Acme' },
    });
  });

  it('refuses what it cannot take', async () => {
    const wrong = [
      [['http://acme.example/a.yaml'], 2, 'only be fetched from an https:// address'],
      [['https://ada:geheim@acme.example/'], 2, 'must hold no user name'],
      [['a.yaml', '--show'], 2, 'exclude each other'],
      [['a.yaml', '--key', 'short'], 2, 'not an ed25519 public key'],
      [['nowhere.yaml'], 1, 'could not be read (ENOENT)'],
    ] as const;
    await run('setup');
    const runs = await Promise.all(wrong.map(([args]) => run('setup', ...args)));
    expect(runs.map(({ code }) => code)).toEqual(wrong.map(([, code]) => code));
    for (const [at, [, , message]] of wrong.entries()) expect(runs[at]?.stderr).toContain(message);
    expect(runs.map(({ stderr }) => stderr).join()).not.toContain('geheim');
  });
});
