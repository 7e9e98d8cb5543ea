import { readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createSigner, type Publisher, startPublisher } from '../agent/organisation/publisher.ts';
import { type Home, makeHome, runCli } from './run-cli.ts';
import { serveAgent } from './served-agent.ts';
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

let publisher: Publisher;
beforeAll(async () => {
  publisher = await startPublisher();
});
afterAll(() => publisher.close());

let home: Home;
let served: Awaited<ReturnType<typeof serveAgent>>;
let env: Home['env'];
let url: string;
const start = async () => {
  served = await serveAgent({ env, paths: home.paths });
};
beforeEach(async () => {
  home = await makeHome();
  const authority = path.join(home.paths.home, 'authority.pem');
  await writeFile(authority, publisher.authority);
  env = { ...home.env, NODE_EXTRA_CA_CERTS: authority };
  url = `${publisher.url}/acme.yaml`;
  publisher.publish('/acme.yaml', acme);
  publisher.withdraw('/acme.yaml.sig');
  await start();
});
afterEach(async () => {
  await served.close();
  await home.remove();
});

const run = (...args: readonly string[]) => runCli(args, { env, cwd: home.paths.home });
const json = async (...args: readonly string[]) => {
  const { stdout, code } = await run(...args, '--json');
  expect(stdout.trimEnd().split('\n')).toHaveLength(1);
  return { code, document: JSON.parse(stdout) as Record<string, never> };
};
const current = () => served.agent.setup.view();
/** As a person who has agreed. */
const setUp = async () => {
  const { digest } = await served.agent.setup.preview({ source: url });
  await served.agent.setup.apply({ source: url, digest });
};

describe('setup', () => {
  it('shows what it does and changes nothing without a yes', async () => {
    const [nothing, asked] = await Promise.all([run('setup'), run('setup', url)]);
    expect(nothing.stdout).toBe('No organisation is configured.\n');
    expect(asked.code).toBe(2);
    expect(asked.stdout).toBe('');
    expect(asked.stderr).toContain(`Acme, from ${url}`);
    expect(asked.stderr).toMatch(/access\.team +acme\.cloudflareaccess\.com/);
    expect(asked.stderr).toMatch(/kubeconfigMode +add +now switch, managed/);
    expect(asked.stderr).toContain('It is not signed');
    expect(asked.stderr).toContain('The setup needs a confirmation');
    expect(current()).toBeUndefined();
    expect((await json('setup')).document).toEqual({ organisation: null });
  });

  it('with a yes manages the settings, also after an end of the agent', async () => {
    const done = await run('setup', url, '--yes');
    expect([done.code, done.stdout]).toEqual([0, '✓ Set up for Acme\n']);
    const [shown, settings, refused] = await Promise.all([
      run('setup', '--show'),
      run('settings'),
      run('settings', 'kubeconfigMode', 'switch'),
    ]);
    expect(shown.stdout).toMatch(/^Acme\n {2}from +https:.*\n.*set up by you, read \d+ s ago\n/);
    expect(shown.stdout).toMatch(/support +https:\/\/help\.acme\.example\//);
    expect(settings.stdout).toMatch(/^kubeconfigMode +add +organisation$/m);
    expect(settings.stdout).toMatch(/^favouritesOrder +own +default$/m);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain(
      "✗ Acme manages the setting kubeconfigMode.\n  Ask Acme's administrators",
    );

    await served.close();
    await start();
    expect((await json('setup')).document.organisation).toMatchObject({
      name: 'Acme',
      origin: 'url',
      team: 'acme.cloudflareaccess.com',
      locked: ['kubeconfigMode'],
    });
    expect((await json('setup', '--remove')).document).toEqual({ removed: true });
    expect(served.agent.settings().kubeconfigMode).toBe('switch');
  });

  it('gives a setting that the person chose back to the organisation, or to the default', async () => {
    await setUp();
    expect((await run('settings', 'catalogMaxAgeMinutes', '9')).stdout).toMatch(
      /^catalogMaxAgeMinutes +9 +you$/m,
    );
    served.agent.changeSettings({ favouritesOrder: 'name' });
    const [shared, own, managed, wrong] = await Promise.all([
      run('settings', 'catalogMaxAgeMinutes', '--reset'),
      json('settings', 'favouritesOrder', '--reset'),
      run('settings', 'kubeconfigMode', '--reset'),
      run('settings', 'catalogMaxAgeMinutes', '7', '--reset'),
    ]);
    expect(shared.stdout).toMatch(/^catalogMaxAgeMinutes +5 +organisation$/m);
    expect(own.document).toEqual({ favouritesOrder: 'own' });
    expect(managed.stderr).toContain('Acme manages the setting kubeconfigMode');
    expect([wrong.code, served.agent.settings().catalogMaxAgeMinutes]).toEqual([2, 5]);
    expect(served.agent.settingsFrom()).toMatchObject({
      catalogMaxAgeMinutes: 'organisation',
      favouritesOrder: 'default',
    });
  });

  it.each([
    ['y', 0, '✓ Set up for Acme'],
    ['\r', 130, 'Nothing was changed'],
  ])('is asked about in a terminal: %j', async (keys, expected, words) => {
    const asked = await runInTerminal({ args: ['setup', url], env, when: 'Set up for Acme?', keys });
    expect(asked).toMatchObject({ code: expected, screen: expect.stringContaining(words) });
    expect(asked.screen).toMatch(/access\.team +acme\.cloudflareaccess\.com/);
    expect(current()?.name).toBe(expected === 0 ? 'Acme' : undefined);
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
    await setUp();
    publisher.publish('/other.yaml', 'version: 1\nname: Other\n');
    const other = `${publisher.url}/other.yaml`;
    const refused = await run('setup', other, '--yes');
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain('which needs --replace');
    expect(current()?.name).toBe('Acme');
    expect((await run('setup', other, '--yes', '--replace')).stdout).toBe('✓ Set up for Other\n');
  });

  it('with a link and a key is refused without the signature, and refreshed with it', async () => {
    const signer = createSigner();
    const link = `k8s-tunnels://setup?${new URLSearchParams({ url, key: signer.key })}`;
    expect((await json('setup', link, '--yes')).document.error).toMatchObject({
      code: 'organisation-refused',
    });
    publisher.publish('/acme.yaml.sig', signer.sign(acme));
    expect((await json('setup', link, '--yes')).document.organisation).toMatchObject({ signed: false });
    expect((await run('setup', link, '--yes')).stderr).toContain(
      `signed with the key from the link: ${signer.key}`,
    );
    // The same key, from a person who has it from elsewhere.
    const given = await json('setup', url, '--key', signer.key, '--yes');
    expect(given.document.organisation).toMatchObject({ signed: true });
    expect((await run('setup', '--refresh')).stdout).toContain('No changes.');
    publisher.publish('/acme.yaml', acme.replace('Acme', 'Evil'));
    expect((await json('setup', '--refresh')).document.error).toMatchObject({ code: 'organisation-refused' });
    expect(current()?.name).toBe('Acme');
    const stored = await readFile(path.join(home.paths.config, 'organisation.json'), 'utf8');
    expect(stored).toContain('name: Acme');
  });

  it('shows what an unsigned change would do, and waits for a yes', async () => {
    await setUp();
    publisher.publish('/acme.yaml', acme.replace('acme.cloudflareaccess.com', 'evil.cloudflareaccess.com'));
    const refreshed = await run('setup', '--refresh');
    expect(refreshed.stdout).toContain('A new configuration is waiting for your review.');
    expect(refreshed.stdout).toMatch(
      /waiting +a new configuration changes access\.team: k8s-tunnels setup --review/,
    );
    expect(current()?.team).toBe('acme.cloudflareaccess.com');
    const [status, document] = await Promise.all([run('status'), json('status')]);
    expect(status.stdout).toContain('Acme has a new configuration to review: `k8s-tunnels setup --review`');
    expect(document.document.setupPending).toEqual(['access.team']);

    const asked = await run('setup', '--review');
    expect(asked.code).toBe(2);
    expect(asked.stderr).toContain('Changes:');
    expect(asked.stderr).toMatch(
      /access\.team +evil\.cloudflareaccess\.com +now acme\.cloudflareaccess\.com/,
    );
    expect(asked.stderr).not.toMatch(/links\.support/);
    expect(current()?.team).toBe('acme.cloudflareaccess.com');
    const [no] = [
      await runInTerminal({ args: ['setup', '--review'], env, when: 'Accept the new', keys: '\r' }),
    ];
    expect([no.code, current()?.team]).toEqual([130, 'acme.cloudflareaccess.com']);
    expect((await run('setup', '--review', '--yes')).stdout).toBe('✓ Accepted Acme\n');
    expect(current()).toMatchObject({ team: 'evil.cloudflareaccess.com' });
    expect((await run('status')).stdout).not.toContain('--review`');
    const again = await run('setup', '--review');
    expect([again.code, again.stderr]).toEqual([0, expect.stringContaining('No changes.')]);
    expect((await run('setup', '--review', '--refresh')).stderr).toContain('exclude each other');
  });

  it('yields to what is managed, and comes back', async () => {
    await setUp();
    const managed = home.env.K8S_TUNNELS_MANAGED_CONFIG;
    await writeFile(managed, 'version: 1\nname: Managed\nlocked: [awsRegions]\n');
    expect((await run('setup', '--refresh')).stdout).toContain('managed by this computer’s administrators');
    expect(() => served.agent.changeSettings({ awsRegions: [] })).toThrow('Managed manages the setting');
    await rm(managed);
    expect((await json('setup', '--refresh')).document).toMatchObject({
      changed: true,
      organisation: { name: 'Acme' },
    });
  });

  it('shows revision, keys, age and the last refresh, and fails visibly when that is refused', async () => {
    const [signer, next] = [createSigner(), createSigner()];
    const listing = (revision: number, more = '') =>
      `version: 1\nname: Acme\nrevision: ${revision}\nsigning: {publicKeys: ["${signer.key}", "${next.key}"]}\n${more}`;
    const publish = (text: string) => {
      publisher.publish('/acme.yaml', text);
      publisher.publish('/acme.yaml.sig', next.sign(text));
    };
    publish(listing(4));
    expect((await run('setup', url, '--key', next.key, '--yes')).code).toBe(0);
    const { document } = await json('setup', '--show');
    expect(document.organisation).toMatchObject({
      revision: 4,
      origin: 'url',
      signed: true,
      signers: [next.key],
      keys: [signer.key, next.key],
      readAt: expect.stringMatching(/^20.*Z$/),
    });
    const shown = await run('setup', '--show');
    expect(shown.stdout).toMatch(/^ {2}revision +4$/m);
    expect(shown.stdout).toMatch(/^ {2}signature +required$/m);
    expect(shown.stdout).toContain(`keys from now on  ${signer.key}, ${next.key}`);
    expect(shown.stdout).not.toContain('last refresh');

    publish(listing(3, 'tagPrefix: old-\n'));
    const refused = await run('setup', '--refresh');
    expect([refused.code, refused.stdout]).toEqual([1, '']);
    expect(refused.stderr).toContain('has an older revision than the stored configuration (3 after 4).');
    expect(refused.stderr).toContain('The previous version stays in effect.');
    const [again, later, status, state] = await Promise.all([
      run('setup'),
      json('setup'),
      run('status'),
      json('status'),
    ]);
    expect(again.stdout).toMatch(
      /last refresh +failed \d+ s ago, this version stays in effect: .*older revision/,
    );
    expect(later.document.organisation).toMatchObject({
      revision: 4,
      failed: { at: expect.stringMatching(/Z$/), error: { code: 'organisation-refused' } },
    });
    expect(status.stdout).toContain(
      'Acme: the last refresh of the configuration failed: `k8s-tunnels setup --show`',
    );
    expect(state.document.setupFailed).toMatchObject({ error: { code: 'organisation-refused' } });
    publish(listing(5));
    expect((await run('setup', '--refresh')).stdout).toContain('The configuration has changed.');
    expect((await run('setup')).stdout).not.toContain('last refresh');
  });

  it('checks a file against what is set up, and leaves both as they are', async () => {
    publisher.publish('/acme.yaml', `${acme}revision: 7\n`);
    await setUp();
    const file = path.join(home.paths.home, 'next.yaml');
    const check = async (text: string) => {
      await writeFile(file, text);
      return json('setup', '--check', 'next.yaml', '--offline');
    };
    expect(await check(`${acme}revision: 7\n`)).toMatchObject({
      code: 0,
      document: { compared: { name: 'Acme', place: url, revision: 7, order: 'same' } },
    });
    const next = `${acme.replace('catalogMaxAgeMinutes: 5', 'catalogMaxAgeMinutes: 9')}revision: 8\n`;
    expect(await check(next)).toMatchObject({
      code: 0,
      document: {
        compared: { order: 'newer' },
        settings: [{ name: 'catalogMaxAgeMinutes', value: '9', before: '5', locked: false }],
      },
    });
    expect((await check(next.replace('revision: 8', 'revision: 6'))).code).toBe(6);
    expect((await json('setup')).document.organisation).toMatchObject({ revision: 7, place: url });
  });

  it('names field and reason of a managed file that it does not take, and what is in effect', async () => {
    const managed = home.env.K8S_TUNNELS_MANAGED_CONFIG;
    await writeFile(managed, 'version: 1\nname: Managed\nrevision: 2\ntagPrefix: UPPER\n');
    const never = await run('setup', '--refresh');
    expect([never.code, never.stdout]).toEqual([2, '']);
    expect(never.stderr).toContain(`${managed}, line 4, tagPrefix: must be lower case`);
    expect(never.stderr).toContain('It is not used.');
    const [shown, document] = [await run('setup', '--show'), (await json('setup')).document];
    expect(shown.stdout).toMatch(
      /^No organisation is configured\.\n! .*managed\.yaml is not used \(tried \d+ s ago\): .*tagPrefix/,
    );
    expect(document).toMatchObject({
      organisation: null,
      refused: { place: managed, error: { code: 'bad-input' } },
    });

    await writeFile(managed, 'version: 1\nname: Managed\nrevision: 2\n');
    expect((await run('setup', '--refresh')).stdout).toContain('The configuration has changed.');
    await writeFile(managed, 'version: 1\nname: Managed\nrevision: 1\n');
    const older = await json('setup', '--refresh');
    expect(older.code).toBe(1);
    expect(older.document.error).toMatchObject({
      message: expect.stringContaining('(1 after 2). The previous version stays in effect.'),
      hint: expect.stringContaining('higher revision'),
    });
    expect((await json('setup')).document.organisation).toMatchObject({ origin: 'managed', revision: 2 });
  });

  it('refuses what it cannot take', async () => {
    const wrong = [
      [['http://acme.example/a.yaml'], 2, 'only be fetched from an https:// address'],
      [['https://ada:geheim@acme.example/'], 2, 'must hold no user name'],
      [['a.yaml', '--show'], 2, 'exclude each other'],
      [['a.yaml', '--key', 'short'], 2, 'not an ed25519 public key'],
      [['nowhere.yaml'], 1, 'could not be read (ENOENT)'],
    ] as const;
    const runs = await Promise.all(wrong.map(([args]) => run('setup', ...args)));
    expect(runs.map(({ code }) => code)).toEqual(wrong.map(([, code]) => code));
    for (const [at, [, , message]] of wrong.entries()) expect(runs[at]?.stderr).toContain(message);
    expect(runs.map(({ stderr }) => stderr).join()).not.toContain('geheim');
  });
});
