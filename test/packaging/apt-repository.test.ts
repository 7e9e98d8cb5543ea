import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { root } from './pack.ts';
import { signingKey } from './signing-key.ts';

/** What `test/electron/package/apt.package.ts` installs from: here with packages that hold nothing. */

const has = (program: string) =>
  execa(program, ['--version'], { reject: false }).then(({ exitCode }) => exitCode === 0);
const isHere = (await Promise.all(['dpkg-deb', 'gpg', 'gpgv', 'apt-get'].map(has))).every(Boolean);
const url = 'https://packages.acme.example/k8s-tunnels';
let folder: string;
let home: string;
let key: string;

const makeDeb = async (into: string, version: string, file = `k8s-tunnels_${version}_amd64.deb`) => {
  const files = await mkdtemp(path.join(folder, 'files-'));
  await mkdir(path.join(files, 'DEBIAN'));
  await writeFile(
    path.join(files, 'DEBIAN', 'control'),
    [
      'Package: k8s-tunnels',
      `Version: ${version}`,
      'Architecture: amd64',
      'Maintainer: Acme <packages@acme.example>',
      'Description: a test\n Its second line.\n',
    ].join('\n'),
  );
  await execa('dpkg-deb', ['--root-owner-group', '-b', files, path.join(into, file)]);
};
const make = (into: string, ...more: readonly string[]) =>
  execa(
    process.execPath,
    [path.join(root, 'scripts', 'apt-repository.ts'), into, '--key', key, '--url', url, ...more],
    { env: { GNUPGHOME: home }, reject: false },
  );
const folderWith = async (...versions: readonly string[]) => {
  const made = await mkdtemp(path.join(folder, 'debs-'));
  for (const version of versions) await makeDeb(made, version);
  return made;
};

describe.skipIf(!isHere)('apt-repository.ts', () => {
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'apt-'));
    ({ home, key } = await signingKey(path.join(folder, 'gnupg')));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('makes what apt reads, by the address and the key of one file', async () => {
    const debs = await folderWith('1.4.0', '1.10.0', '1.10.1~rc.1');
    const { exitCode, stdout } = await make(debs, '--name', 'acme');
    expect([exitCode, stdout.split('\n')]).toEqual([
      0,
      [
        'k8s-tunnels 1.10.0 amd64  k8s-tunnels_1.10.0_amd64.deb',
        'k8s-tunnels 1.10.1~rc.1 amd64  k8s-tunnels_1.10.1~rc.1_amd64.deb',
        'k8s-tunnels 1.4.0 amd64  k8s-tunnels_1.4.0_amd64.deb',
      ],
    ]);
    expect((await readdir(debs)).filter((name) => !name.endsWith('.deb')).sort()).toEqual([
      'InRelease',
      'Packages',
      'Release',
      'acme.sources',
    ]);
    const source = await readFile(path.join(debs, 'acme.sources'), 'utf8');
    expect(source).toMatch(
      /^Types: deb\nURIs: https:\/\/packages\.acme\.example\/k8s-tunnels\/\nSuites: \.\/\nSigned-By:\n -----BEGIN PGP PUBLIC KEY BLOCK-----\n \.\n/,
    );

    // As apt, without root and without the network.
    const apt = await aptAt(source.replace(`${url}/`, `file:${debs}/`));
    expect(await apt('update')).toEqual({ exitCode: 0, faults: [] });
    const { stdout: policy } = await execa('apt-cache', ['policy', 'k8s-tunnels'], {
      env: { APT_CONFIG: apt.config, LC_ALL: 'C' },
    });
    expect(policy).toContain('Candidate: 1.10.1~rc.1');
    expect(policy).toMatch(/1\.10\.1~rc\.1 500[\s\S]*1\.10\.0 500[\s\S]*1\.4\.0 500/);

    // A word in the index that the signature does not cover.
    const index = path.join(debs, 'Packages');
    await writeFile(index, (await readFile(index, 'utf8')).replace('a test', 'a text'));
    await rm(apt.lists, { recursive: true });
    expect((await apt('update')).exitCode).toBe(100);
    await make(debs, '--name', 'acme');
    expect(await apt('update')).toEqual({ exitCode: 0, faults: [] });
  });

  it('refuses what would make a repository that apt or people take wrong, and writes nothing then', async () => {
    const debs = await folderWith('1.4.0');
    const refused = async (into: string, ...more: readonly string[]) => {
      const { exitCode, stderr } = await make(into, ...more);
      expect([exitCode, (await readdir(into)).filter((name) => !name.endsWith('.deb'))]).toEqual([1, []]);
      return stderr;
    };
    expect(await refused(debs, '--url', 'http://packages.acme.example')).toBe(
      '--url http://packages.acme.example: give an https address.',
    );
    expect(await refused(debs, '--key', 'nobody@acme.example')).toBe('gpg has no key nobody@acme.example.');
    expect(await refused(debs, '--name', 'Acme packages')).toMatch(/^--name Acme packages: use a-z/);
    expect(await refused(await folderWith())).toMatch(/holds no deb\.$/);
    await makeDeb(debs, '1.4.0', 'again.deb');
    expect(await refused(debs)).toBe(
      'again.deb and k8s-tunnels_1.4.0_amd64.deb are both k8s-tunnels 1.4.0 amd64: remove one.',
    );
    await writeFile(path.join(debs, 'again.deb'), 'not one');
    expect(await refused(debs)).toMatch(/again\.deb is not a deb: dpkg-deb: error/);
  });
});

/** An apt with folders of its own, which knows one source. Its function resolves with what apt complains about. */
async function aptAt(source: string) {
  const at = await mkdtemp(path.join(folder, 'apt-'));
  for (const place of [
    'sources.list.d',
    'lists/partial',
    'cache/archives/partial',
    'preferences.d',
    'trusted.gpg.d',
  ])
    await mkdir(path.join(at, place), { recursive: true });
  await writeFile(path.join(at, 'sources.list.d', 'acme.sources'), source);
  await writeFile(path.join(at, 'status'), '');
  const config = path.join(at, 'apt.conf');
  await writeFile(
    config,
    [
      ...['Dir::Etc::parts', 'Dir::Etc::sourcelist', 'Dir::Etc::preferences'].map(
        (name) => `${name} "/dev/null";`,
      ),
      `Dir::Etc::sourceparts "${at}/sources.list.d";`,
      `Dir::Etc::trustedparts "${at}/trusted.gpg.d";`,
      `Dir::Etc::preferencesparts "${at}/preferences.d";`,
      ...['State', 'State::lists', 'Cache'].map(
        (name) =>
          `Dir::${name} "${path.join(at, { State: '', 'State::lists': 'lists', Cache: 'cache' }[name] ?? '')}";`,
      ),
      `Dir::State::status "${at}/status";`,
      'APT::Architecture "amd64";',
      'APT::Sandbox::User "";',
      '',
    ].join('\n'),
  );
  const run = async (...args: readonly string[]) => {
    const { exitCode, all } = await execa('apt-get', args, {
      env: { APT_CONFIG: config, LC_ALL: 'C' },
      all: true,
      reject: false,
    });
    return { exitCode, faults: all.split('\n').filter((line) => /^[EW]:/.test(line)) };
  };
  return Object.assign(run, { config, lists: path.join(at, 'lists') });
}
