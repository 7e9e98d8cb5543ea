import { cp, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { Output } from '../../../main/api/contract.ts';
import { signingKey } from '../../packaging/signing-key.ts';
import { defaultPlan } from '../../world/plan.ts';
import { type OrdinaryUser, ordinaryUser } from './ordinary-user.ts';
import { type ServedFolder, serveFolder } from './serve-folder.ts';

/** The deb from a signed apt repository, as docs/admin.md tells people. Each test begins where the one before it ended. */

const { K8S_TUNNELS_PACKAGE: deb = '' } = process.env;
const root = path.resolve(import.meta.dirname, '..', '..', '..');
const sources = '/etc/apt/sources.list.d/k8s-tunnels.sources';
const program = '/usr/bin/k8s-tunnels';
const cluster = 'search-staging';

let folder: string;
let repository: string;
let served: ServedFolder;
let user: OrdinaryUser;
let gnupgHome: string;
let key: string;
let before: string;

const aptOptions = ['Acquire::http::Proxy::127.0.0.1=DIRECT', 'Dir::Etc::sourcelist=/dev/null'];
const apt = (...args: readonly string[]) =>
  execa('apt-get', ['--yes', '--quiet', ...aptOptions.flatMap((option) => ['-o', option]), ...args], {
    env: { DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C' },
    all: true,
    reject: false,
  });
const aptWorks = async (...args: readonly string[]) => {
  const { exitCode, all } = await apt(...args);
  expect([exitCode, all]).toEqual([0, expect.not.stringMatching(/^[EW]:/m)]);
};
const publish = () =>
  execa(
    process.execPath,
    [path.join(root, 'scripts', 'apt-repository.ts'), ...[repository, '--key', key, '--url', served.url]],
    { env: { GNUPGHOME: gnupgHome } },
  );
const installed = async () =>
  (await execa('dpkg-query', ['-W', `-f\${Version} \${Status}`, 'k8s-tunnels'], { reject: false })).stdout;
const tunnels = async <T>(...args: readonly string[]): Promise<T> => {
  const { exitCode, stdout, stderr } = await user.run(program, ...args, '--json');
  if (exitCode !== 0) throw new Error(`k8s-tunnels ${args.join(' ')}: ${String(stdout)}${String(stderr)}`);
  return JSON.parse(String(stdout)) as T;
};
const status = () => tunnels<Output<'snapshot'>>('status');
const kubectl = async () => {
  const { stdout, stderr } = await user.run(
    'kubectl',
    '--context',
    cluster,
    'get',
    'namespaces',
    '-o',
    'name',
  );
  expect(`${String(stdout)}${String(stderr)}`).toContain('namespace/search-staging');
};

beforeAll(async () => {
  folder = await mkdtemp('/tmp/k8s-tunnels-apt-');
  await execa('chmod', ['755', folder]);
  repository = path.join(folder, 'repository');
  await mkdir(repository);
  await cp(deb, path.join(repository, path.basename(deb)));
  served = await serveFolder(repository);
  ({ home: gnupgHome, key } = await signingKey(path.join(folder, 'gnupg')));
  user = await ordinaryUser({ name: 'k8s-tunnels-apt', plan: defaultPlan });
  // The packages that ours needs are installed: no other repository is asked.
  await execa('mount', ['-t', 'tmpfs', 'none', path.dirname(sources)]);
});
afterAll(async () => {
  await user?.close();
  served?.close();
  await rm(folder, { recursive: true, force: true });
});

test('apt installs it from the address and by the key that the one file names', async () => {
  await publish();
  await writeFile(sources, await (await fetch(`${served.url}k8s-tunnels.sources`)).text());
  await aptWorks('update');
  await aptWorks('install', 'k8s-tunnels');
  before = (await installed()).split(' ')[0] ?? '';
  expect(await installed()).toBe(`${before} install ok installed`);
  expect((await user.run(program, '--version')).stdout).toBe(before);
  expect(await tunnels('version', '--all')).toMatchObject({
    version: before,
    agent: null,
    app: { path: '/opt/k8s-tunnels/k8s-tunnels', version: before },
    cloudflared: { package: { path: '/opt/k8s-tunnels/resources/bin/cloudflared' } },
  });
});

test('an update while the agent of a user runs: its tunnel stays, and the next agent opens it again', async () => {
  await tunnels('connect', cluster);
  await kubectl();
  const { agent } = await status();

  await newerDeb('999.0.0');
  await publish();
  await aptWorks('update');
  await aptWorks('upgrade');
  expect(await installed()).toBe('999.0.0 install ok installed');
  expect((await status()).agent.pid).toBe(agent.pid);
  await kubectl();

  process.kill(agent.pid, 'SIGTERM');
  await vi.waitFor(async () =>
    expect((await user.processes()).map(({ pid }) => pid)).not.toContain(agent.pid),
  );
  await kubectl();
  expect((await status()).agent.pid).not.toBe(agent.pid);
});

test('the version before can be installed again', async () => {
  await aptWorks('install', '--allow-downgrades', `k8s-tunnels=${before}`);
  expect(await installed()).toBe(`${before} install ok installed`);
  await kubectl();
});

test('apt refuses a repository that another key has signed, and packages that are not the signed ones', async () => {
  const good = await readFile(path.join(repository, 'InRelease'));
  const other = await signingKey(path.join(folder, 'other'));
  await execa('gpg', [
    ...['--homedir', other.home, '--batch', '--yes', '--local-user', other.key],
    ...['--output', path.join(repository, 'InRelease'), '--clearsign', path.join(repository, 'Release')],
  ]);
  const refused = await apt('update');
  expect(refused.all).toMatch(/NO_PUBKEY|not signed|couldn't be verified/);

  await writeFile(path.join(repository, 'InRelease'), good);
  await aptWorks('update');
  await execa('truncate', ['-s', '+1', path.join(repository, 'k8s-tunnels_999.0.0_amd64.deb')]);
  await aptWorks('clean');
  const changed = await apt('upgrade');
  expect([changed.exitCode, changed.all]).toEqual([
    100,
    expect.stringMatching(/Hash Sum mismatch|unexpected size/),
  ]);
  expect(await installed()).toBe(`${before} install ok installed`);
});

test('removed and purged, it leaves the files of the user alone and none of its own', async () => {
  await tunnels('remove', '--all');
  await tunnels('quit');
  await aptWorks('remove', 'k8s-tunnels');
  await expect(stat(program)).rejects.toMatchObject({ code: 'ENOENT' });
  await aptWorks('purge', 'k8s-tunnels');
  expect(await installed()).toBe('');
  expect(await readdir('/opt')).not.toContain('k8s-tunnels');
  expect((await stat(path.join(user.world.home, '.local/state/k8s-tunnels'))).isDirectory()).toBe(true);
});

/** The same package under a newer version, beside it in the repository. */
async function newerDeb(version: string): Promise<void> {
  const files = path.join(folder, 'files');
  await execa('dpkg-deb', ['-R', deb, files]);
  const control = path.join(files, 'DEBIAN', 'control');
  await writeFile(
    control,
    (await readFile(control, 'utf8')).replace(/^Version: .*$/m, `Version: ${version}`),
  );
  const file = path.join(repository, `k8s-tunnels_${version}_amd64.deb`);
  await execa('dpkg-deb', ['--root-owner-group', '-Znone', '-b', files, file]);
  await rm(files, { recursive: true });
}
