import { execFile } from 'node:child_process';
import { createPublicKey } from 'node:crypto';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { version } from '../../main/agent/version.ts';
import type { CheckReport } from '../../main/cli/setup/check-report.ts';
import { createSigner, type Publisher, startPublisher } from '../agent/organisation/publisher.ts';
import { type Home, makeHome, root, runCli } from './run-cli.ts';

const exec = promisify(execFile);
let home: Home;
let publisher: Publisher;
let env: Home['env'];
beforeEach(async () => {
  publisher = await startPublisher();
  home = await makeHome();
  const authority = path.join(home.paths.home, 'authority.pem');
  await writeFile(authority, publisher.authority);
  env = { ...home.env, NODE_EXTRA_CA_CERTS: authority };
});
afterEach(async () => {
  await publisher.close();
  await home.remove();
});

const schemaFile = path.join(root, 'docs/json-output.schema.json');
const run = (...args: readonly string[]) => runCli(['setup', ...args], { env, cwd: home.paths.home });
const write = async (name: string, text: string) => {
  const file = path.join(home.paths.home, name);
  await writeFile(file, text);
  return file;
};
const check = async (...args: readonly string[]) => {
  const { code, stdout, stderr } = await run('--check', ...args, '--json');
  const { $defs, $schema } = JSON.parse(await readFile(schemaFile, 'utf8'));
  z.fromJSONSchema({ $schema, ...$defs['setup --check'] }).parse(JSON.parse(stdout));
  const report = JSON.parse(stdout) as CheckReport & { readonly error?: { readonly code: string } };
  return { code, report, stderr };
};

/** What an installation asks a feed at `/feed`. */
const feed = `/feed/v1/releases/stable?${new URLSearchParams({ current: version, platform: process.platform, arch: process.arch, bucket: '0' })}`;

const acme = (more = '', revision = 3) => `version: 1\nname: Acme\nrevision: ${revision}\n${more}`;

describe('setup --check', () => {
  it('passes a good file on a fresh machine, starts no agent and changes nothing', async () => {
    const file = await write('acme.yaml', acme());
    const before = await readdir(home.paths.home, { recursive: true });
    const { code, stdout, stderr } = await run('--check', 'acme.yaml');
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toContain(`Acme, from ${file}, revision 3`);
    expect(stdout).toContain('Nothing is wrong.');
    expect(await readdir(home.paths.home, { recursive: true })).toEqual(before);
  });

  it('names every problem with file, line, column, field and what is meant', async () => {
    const file = await write(
      'acme.yaml',
      acme('tagPreffix: acme-\nsources:\n  eks:\n    regions: [eu-west-1, eu-wset-1]\n'),
    );
    const { code, stdout } = await run('--check', 'acme.yaml');
    expect(code).toBe(6);
    expect(stdout).toContain(`✗ ${file}:4:1 tagPreffix: is not known (did you mean tagPrefix?)`);
    expect(stdout).toContain(
      `✗ ${file}:7:26 sources.eks.regions[1]: is not a region of AWS (did you mean eu-west-1?)`,
    );
    const { report } = await check('acme.yaml');
    expect(report).toMatchObject({ ok: false, source: file, findings: [{ line: 4 }, { line: 7 }] });
    expect(report).not.toHaveProperty('fields');
  });

  it('finds what installations accept and nobody means', async () => {
    await write(
      'acme.yaml',
      acme('defaults: {awsRegions: [eu-west-9]}\nlocked: [awsRegions, startAtLogin]\n'),
    );
    const { code, report } = await check('acme.yaml', '--offline');
    expect(code).toBe(6);
    expect(report.findings).toMatchObject([
      { line: 4, field: 'defaults.awsRegions[0]', fix: expect.stringContaining('eu-west-') },
      { line: 5, column: 22, field: 'locked[1]', fix: expect.stringContaining('defaults.startAtLogin') },
    ]);
  });

  it('finds files that no installation would read', async () => {
    await write(
      'acme.yaml',
      acme(
        [
          'access:',
          '  serviceTokens:',
          '    - hostnames: [a.acme.example]',
          '      clientIdFile: /etc/k8s-tunnels/id',
          '      clientSecretFile: /srv/secret',
          'sources:',
          '  files:',
          '    - /etc/k8s-tunnels/../shadow',
          '    - /home/ada/.config/k8s-tunnels/organisation-files/a.yaml',
          '    - C:\\ProgramData\\k8s-tunnels\\b.yaml',
          'defaults: {extraAuthorities: /tmp/ca.pem}',
          '',
        ].join('\n'),
      ),
    );
    expect((await check('acme.yaml', '--offline')).report.findings).toMatchObject([
      {
        line: 8,
        field: 'access.serviceTokens[0].clientSecretFile',
        fix: expect.stringContaining('/etc/k8s-tunnels'),
      },
      { line: 11, field: 'sources.files[0]' },
      { line: 14, field: 'defaults.extraAuthorities' },
    ]);
  });

  it('compares with the configuration of this computer', async () => {
    await write('managed.yaml', acme('defaults: {kubeconfigMode: add}\n', 5));
    await write('acme.yaml', acme('defaults: {kubeconfigMode: switch}\nlocked: [kubeconfigMode]\n', 4));
    const older = await check('acme.yaml');
    expect(older.code).toBe(6);
    expect(older.report).toMatchObject({
      compared: { name: 'Acme', revision: 5, order: 'older' },
      findings: [{ line: 3, field: 'revision', fix: 'Raise it above 5.' }],
      settings: [{ name: 'kubeconfigMode', value: 'switch', before: 'add', locked: true }],
    });
    await write('acme.yaml', acme('defaults: {kubeconfigMode: switch}\n', 5));
    expect((await check('acme.yaml')).report).toMatchObject({
      compared: { order: 'same-but-changed' },
      findings: [{ field: 'revision' }],
    });
    await write('acme.yaml', acme('defaults: {kubeconfigMode: switch}\n', 6));
    const newer = await check('acme.yaml');
    expect(newer.code).toBe(0);
    expect(newer.report).toMatchObject({ compared: { order: 'newer' }, findings: [] });
    const shown = await run('--check', 'acme.yaml');
    expect(shown.stdout).toMatch(/defaults\.kubeconfigMode +switch +now add/);
    await write('other.yaml', 'version: 1\nname: Other\n');
    expect((await check('other.yaml')).report).toMatchObject({ ok: true, compared: { order: 'other' } });
  });

  it('checks the signature of an address, and says when nobody has checked it', async () => {
    const { key, sign } = createSigner();
    const url = `${publisher.url}/acme.yaml`;
    publisher.publish('/acme.yaml', acme());
    expect((await check(url)).report.signature).toEqual({ state: 'unsigned' });
    const missing = await check(url, '--key', key);
    expect(missing.code).toBe(6);
    expect(missing.report.signature).toMatchObject({
      state: 'refused',
      message: expect.stringContaining('has no signature'),
    });
    publisher.publish('/acme.yaml.sig', sign(acme()));
    expect((await check(url)).report.signature).toEqual({ state: 'unchecked' });
    expect(await check(url, '--key', key)).toMatchObject({
      code: 0,
      report: { signature: { state: 'signed', key } },
    });
    publisher.publish('/acme.yaml', acme('tagPrefix: acme-\n'));
    const changed = await run('--check', url, '--key', key);
    expect([changed.code, changed.stdout]).toEqual([6, expect.stringContaining('setup --sign')]);
  });

  it('tries every address, and names what to fix', async () => {
    const page = (name: string) => `${publisher.url}/${name}`;
    publisher.publish('/vault/v1/sys/health', '{"initialized":true,"sealed":false}');
    publisher.publish('/web/v1/sys/health', '<html>Welcome</html>');
    publisher.answer('/support', 404);
    publisher.answer('/access', 302, { location: 'https://login.acme.example/' });
    publisher.publish(feed, '{"payload":"e30=","signature":"AAAA","keyId":"0"}');
    publisher.publish('/catalog/v1/catalog', '{"clusters":[]}');
    await write(
      'acme.yaml',
      acme(
        [
          'sources:',
          '  vault:',
          '    addresses:',
          `      - {address: "${page('vault')}", mounts: [a]}`,
          `      - {address: "${page('web')}", mounts: [a]}`,
          '      - {address: "http://127.0.0.1:9", mounts: [a]}',
          `  catalog: {url: "${page('catalog')}", publicKeys: ["${createSigner().key}"]}`,
          `releases: {url: "${page('feed')}", publicKey: "${createSigner().key}"}`,
          `links: {support: "${page('support')}", accessRequest: "${page('access')}"}`,
          '',
        ].join('\n'),
      ),
    );
    const { code, report } = await check('acme.yaml');
    expect(code).toBe(6);
    expect(report.addresses).toMatchObject([
      { field: 'sources.vault.addresses[0].address', line: 7, ok: true, message: 'is active' },
      {
        field: 'sources.vault.addresses[1].address',
        line: 8,
        ok: false,
        message: expect.stringContaining('not as Vault'),
      },
      {
        field: 'sources.vault.addresses[2].address',
        ok: false,
        message: expect.stringContaining('cannot be reached'),
      },
      { field: 'sources.catalog.url', ok: false, message: 'answers without a login' },
      { field: 'releases.url', ok: false, message: expect.stringContaining('a key that is not pinned') },
      { field: 'links.support', line: 12, ok: false, message: 'answered HTTP 404' },
      { field: 'links.accessRequest', ok: true },
    ]);
    for (const { ok, fix } of report.addresses) expect(fix === undefined).toBe(ok);
    publisher.asked.length = 0;
    expect((await check('acme.yaml', '--offline')).report).toMatchObject({ ok: true, addresses: [] });
    expect(publisher.asked).toEqual([]);
  });

  it('survives hostile answers, and prints none of them', async () => {
    const link = (name: string) => `${publisher.url}/${name}`;
    publisher.publish('/deep/v1/sys/health', '['.repeat(100_000));
    publisher.publish('/long/v1/sys/health', `{"initialized":"${'x'.repeat(1024 * 1024)}"}`);
    publisher.publish('/text/v1/sys/health', '"\u001b[31minitialized"');
    publisher.publish(feed, '\u001b]0;evil\u0007');
    publisher.answer('/catalog/v1/catalog', 302, { location: 'https://evil.example/cdn-cgi/access/login/x' });
    await write(
      'acme.yaml',
      acme(
        `access: {team: acme.cloudflareaccess.com}\nsources: {vault: {addresses: [${['deep', 'long', 'text'].map((name) => `{address: "${link(name)}", mounts: [a]}`).join(', ')}]}, catalog: {url: "${link('catalog')}", publicKeys: ["${createSigner().key}"]}}\nreleases: {url: "${link('feed')}", publicKey: "${createSigner().key}"}\n`,
      ),
    );
    const { code, stdout } = await run('--check', 'acme.yaml');
    expect(code).toBe(6);
    expect(stdout).not.toContain('\u001b');
    expect(stdout).toContain('is behind Access of another team (evil.example)');
    expect(stdout.match(/^✗ .*sources\.vault/gm)).toHaveLength(3);
    expect(stdout).toMatch(/^✗ .*releases\.url/m);
    expect(stdout.length).toBeLessThan(10_000);
  });

  it.each([
    [['--check'], 'No configuration is named.', 2],
    [['--check', 'none.yaml'], 'none.yaml could not be read (ENOENT).', 1],
    [['--check', 'a.yaml', '--show'], 'exclude each other', 2],
    [['--check', 'a.yaml', '--sign'], 'exclude each other', 2],
    [['--offline'], '--offline is for --check.', 2],
    [['--key-file', 'k'], '--key-file is for --sign.', 2],
    [['--sign', 'a.yaml'], 'There is no key to sign with.', 2],
  ])('%j is refused', async (args, words, code) => {
    const refused = await run(...args);
    expect([refused.code, refused.stderr]).toEqual([code, expect.stringContaining(words)]);
  });
});

describe('setup --new-key and --sign', () => {
  it('make a key and signatures that openssl verifies', async () => {
    const [old, next] = await Promise.all([
      run('--new-key', 'old.key'),
      run('--new-key', 'next.key', '--json'),
    ]);
    const oldKey = old.stdout.trim();
    const { publicKey: nextKey } = JSON.parse(next.stdout) as { publicKey: string };
    expect((await stat(path.join(home.paths.home, 'old.key'))).mode & 0o777).toBe(0o600);
    expect((await run('--new-key', 'old.key')).stderr).toContain('A key is never overwritten.');

    const file = await write('acme.yaml', acme(`signing: {publicKeys: ["${oldKey}", "${nextKey}"]}\n`));
    const signed = await run('--sign', 'acme.yaml', '--key-file', 'old.key', '--key-file', 'next.key');
    expect([signed.code, signed.stdout]).toEqual([0, `${file}.sig\n`]);
    expect(signed.stderr).toContain(`signed by ${oldKey}\n`);
    expect((await stat(`${file}.sig`)).mode & 0o777).toBe(0o644);
    for (const key of [oldKey, nextKey])
      expect((await check('acme.yaml', '--key', key)).report).toMatchObject({
        ok: true,
        signature: { state: 'signed' },
      });

    const lines = (await readFile(`${file}.sig`, 'utf8')).trimEnd().split('\n');
    expect(lines).toHaveLength(2);
    for (const [index, name] of ['old.key', 'next.key'].entries()) {
      await write('one.sig', '');
      await writeFile(path.join(home.paths.home, 'one.sig'), Buffer.from(lines[index] ?? '', 'base64'));
      // The private key is PEM that openssl reads.
      const publicKey = createPublicKey(await readFile(path.join(home.paths.home, name), 'utf8'));
      await write('public.pem', publicKey.export({ type: 'spki', format: 'pem' }).toString());
      const verified = await exec(
        'openssl',
        [
          'pkeyutl',
          '-verify',
          '-rawin',
          '-pubin',
          '-inkey',
          'public.pem',
          '-in',
          'acme.yaml',
          '-sigfile',
          'one.sig',
        ],
        { cwd: home.paths.home },
      );
      expect(verified.stdout).toContain('Signature Verified Successfully');
    }
    await exec('openssl', ['pkey', '-in', 'old.key', '-noout'], { cwd: home.paths.home });
  });

  it('signs with a key that openssl made', async () => {
    await exec('openssl', ['genpkey', '-algorithm', 'ed25519', '-out', 'a.key'], { cwd: home.paths.home });
    await write('acme.yaml', acme());
    const { stdout } = await run('--sign', 'acme.yaml', '--key-file', 'a.key', '--json');
    const { publicKeys } = JSON.parse(stdout) as { publicKeys: readonly string[] };
    expect((await check('acme.yaml', '--key', publicKeys[0] ?? '')).code).toBe(0);
  });

  it('refuse a list of keys of which none signs, since nobody could sign the next version', async () => {
    const [mine, other] = [(await run('--new-key', 'a.key')).stdout.trim(), createSigner()];
    await write('acme.yaml', acme(`signing: {publicKeys: ["${other.key}"]}\n`));
    const refused = await run('--sign', 'acme.yaml', '--key-file', 'a.key');
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining('lists none of these keys')]);
    expect(await readdir(home.paths.home)).not.toContain('acme.yaml.sig');
    // Signed in another way, and checked with the key that people have.
    const text = acme(`signing: {publicKeys: ["${mine}"]}\n`);
    await write('acme.yaml', text);
    await write('acme.yaml.sig', other.sign(text));
    expect(await check('acme.yaml', '--key', other.key)).toMatchObject({
      code: 6,
      report: { signature: { state: 'signed' }, findings: [{ line: 4, field: 'signing.publicKeys' }] },
    });
    expect((await run('--sign', 'acme.yaml', '--key-file', 'a.key')).code).toBe(0);
    expect((await check('acme.yaml', '--key', mine)).code).toBe(0);
  });

  it('signs nothing that installations refuse, and with nothing that is no key', async () => {
    await run('--new-key', 'a.key');
    await write('acme.yaml', 'version: 1\nnaam: Acme\n');
    const refused = await run('--sign', 'acme.yaml', '--key-file', 'a.key');
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining('did you mean name?')]);
    await write('acme.yaml', acme());
    const noKey = await run('--sign', 'acme.yaml', '--key-file', 'acme.yaml');
    expect([noKey.code, noKey.stderr]).toEqual([
      2,
      expect.stringContaining('k8s-tunnels setup --new-key FILE'),
    ]);
    expect(await readdir(home.paths.home)).not.toContain('acme.yaml.sig');
  });
});
