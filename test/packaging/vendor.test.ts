import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { platforms, readLock } from '../../scripts/vendor/lock.ts';
import { platformOf } from '../../scripts/vendor/program.ts';
import { programFor, release, tgz } from './programs.ts';

const root = path.resolve(import.meta.dirname, '..', '..');
let folder: string;
let server: Server;
let page: ReturnType<typeof release>;
/** What the release page answers otherwise, by a file's name. */
let answers: Map<string, 'cut short' | 'gone' | Buffer>;
let asked: string[];

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'vendor-'));
  page = release();
  answers = new Map();
  asked = [];
  server = createServer((request, response) => {
    asked.push(request.url ?? '');
    const [, version, name = ''] = (request.url ?? '').split('/');
    const answer = answers.get(name) ?? page.files.get(name);
    if (answer === undefined || answer === 'gone' || version !== page.lock.version) {
      response.writeHead(404).end('Not Found');
    } else if (answer === 'cut short') {
      response.writeHead(200, { 'Content-Length': 1_000 }).write('half', () => response.destroy());
    } else response.end(answer);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  await writeFile(path.join(folder, 'lock.json'), JSON.stringify(page.lock));
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await rm(folder, { recursive: true, force: true });
});

const vendor = (...args: readonly string[]) => {
  const { port } = server.address() as AddressInfo;
  const paths = ['--vendor', path.join(folder, 'vendor'), '--lock', path.join(folder, 'lock.json')];
  const from = ['--releases', `http://127.0.0.1:${port}`];
  return execa(process.execPath, [path.join(root, 'scripts/vendor.ts'), ...paths, ...from, ...args], {
    reject: false,
  });
};
const vendored = () =>
  readdir(path.join(folder, 'vendor'), { recursive: true, withFileTypes: true }).then(
    (entries) =>
      entries
        .filter((entry) => entry.isFile())
        .map((entry) => path.relative(path.join(folder, 'vendor'), path.join(entry.parentPath, entry.name)))
        .sort(),
    () => [],
  );
const linux = ['--only', 'linux-x64'];

test('every program is fetched, from its archive too, and is there the next time', async () => {
  expect(await vendor()).toMatchObject({ exitCode: 0, stderr: '' });
  expect(await vendored()).toEqual([
    'cloudflared/darwin-arm64/cloudflared',
    'cloudflared/darwin-x64/cloudflared',
    'cloudflared/linux-arm64/cloudflared',
    'cloudflared/linux-x64/cloudflared',
    'cloudflared/win32-x64/cloudflared.exe',
  ]);
  const file = path.join(folder, 'vendor/cloudflared/darwin-arm64/cloudflared');
  expect(await readFile(file)).toEqual(programFor('darwin-arm64', 'cloudflared 2026.8.2'));
  expect((await stat(file)).mode & 0o777).toBe(0o755);
  expect(asked).toHaveLength(5);
  expect((await vendor()).stdout).toContain('linux-x64: cloudflared 2026.8.2 is there');
  expect(asked).toHaveLength(5);
  await writeFile(
    path.join(folder, 'vendor/cloudflared/linux-x64/cloudflared'),
    programFor('linux-x64', 'touched'),
  );
  await vendor();
  expect(asked).toHaveLength(6);
});

test('a person’s own files are checked like those of the page', async () => {
  const own = path.join(folder, 'own');
  await mkdir(own);
  for (const [name, data] of page.files) await writeFile(path.join(own, name), data);
  expect(await vendor('--from', own)).toMatchObject({ exitCode: 0 });
  expect([await vendored(), asked]).toEqual([expect.objectContaining({ length: 5 }), []]);
  await rm(path.join(folder, 'vendor'), { recursive: true });
  await writeFile(path.join(own, 'cloudflared-linux-amd64'), programFor('linux-x64', 'cloudflared 2026.8.1'));
  const { exitCode, stderr } = await vendor('--from', own, ...linux);
  expect([exitCode, stderr]).toEqual([
    1,
    expect.stringMatching(/^cloudflared-linux-amd64 is not the file that .*lock/),
  ]);
  await rm(path.join(own, 'cloudflared-linux-amd64'));
  expect((await vendor('--from', own, ...linux)).stderr).toContain(
    `${own}/cloudflared-linux-amd64 cannot be read. Put cloudflared 2026.8.2's file of that name there.`,
  );
  expect(await vendored()).toEqual([]);
});

const other = programFor('linux-arm64', 'cloudflared 2026.8.2');
test.each([
  [
    'of another sum',
    programFor('linux-x64', 'CLOUDFLARED 2026.8.2'),
    /its SHA-256 is [0-9a-f]{64}, not [0-9a-f]{64}\. Do not use it/,
  ],
  [
    'shorter',
    programFor('linux-x64', 'cloudf'),
    /cloudflared-linux-amd64 is 262 bytes long, and 276 in .*Fetch it again/,
  ],
  ['cut off on its way', 'cut short', /could not be fetched: .*npm run vendor -- --from FOLDER/],
  ['not there', 'gone', /2026\.8\.2\/cloudflared-linux-amd64 is not there \(404\)/],
  ['for another processor', other, /SHA-256/],
] as const)('a file that is %s is not used', async (_, answer, message) => {
  answers.set('cloudflared-linux-amd64', answer);
  const { exitCode, stderr } = await vendor(...linux);
  expect([exitCode, stderr]).toEqual([1, expect.stringMatching(message)]);
  expect(await vendored()).toEqual([]);
});

test('a program for another processor is refused, though it is what the lock names', async () => {
  const [{ files }, wrong] = [page.lock, page.lock.files['linux-arm64']];
  answers.set('cloudflared-linux-amd64', other);
  const lock = {
    ...page.lock,
    files: { ...files, 'linux-x64': { ...wrong, name: 'cloudflared-linux-amd64' } },
  };
  await writeFile(path.join(folder, 'lock.json'), JSON.stringify(lock));
  expect((await vendor(...linux)).stderr).toBe(
    'cloudflared-linux-amd64 is a program for linux-arm64, not for linux-x64.',
  );
});

test('an archive that holds something else is refused', async () => {
  const archive = tgz(programFor('darwin-x64'), 'README');
  answers.set('cloudflared-darwin-amd64.tgz', archive);
  await vendor('--update', '2026.8.2').then(({ exitCode, stderr }) =>
    expect([exitCode, stderr]).toEqual([
      1,
      'cloudflared-darwin-amd64.tgz is no archive that holds cloudflared. Fetch it again.',
    ]),
  );
});

test('a platform that the lock does not name says how to get it there', async () => {
  const { 'linux-x64': _, ...files } = page.lock.files;
  await writeFile(path.join(folder, 'lock.json'), JSON.stringify({ ...page.lock, files }));
  const { exitCode, stderr } = await vendor();
  expect([exitCode, stderr]).toEqual([
    1,
    expect.stringContaining('no cloudflared for linux-x64. Run `npm run vendor -- --update 2026.8.2`'),
  ]);
  expect((await vendor('--only', 'linux-mips')).stderr).toContain('--only linux-mips: none of linux-x64');
});

test('where nobody answers, the address is told and the way around', async () => {
  const gone = createServer();
  await new Promise<void>((resolve) => gone.listen(0, '127.0.0.1', resolve));
  const { port } = gone.address() as AddressInfo;
  await new Promise((resolve) => gone.close(resolve));
  const { exitCode, stderr } = await vendor('--releases', `http://127.0.0.1:${port}`, ...linux);
  expect([exitCode, stderr]).toEqual([
    1,
    expect.stringMatching(/cloudflared-linux-amd64 could not be fetched: .*ECONNREFUSED.*--from FOLDER/),
  ]);
});

test('the lock is written anew for a version, without what that has not', async () => {
  page = release('2026.9.1');
  answers.set('cloudflared-windows-amd64.exe', 'gone');
  const { exitCode, stdout } = await vendor('--update', '2026.9.1');
  expect(exitCode).toBe(0);
  const { 'win32-x64': gone, ...files } = page.lock.files;
  expect(await readLock(path.join(folder, 'lock.json'))).toEqual({ version: '2026.9.1', files });
  for (const { sha256, name } of Object.values(files)) expect(stdout).toContain(`${sha256}  ${name}\n`);
  expect(stdout).toContain('win32-x64 is left out');
  expect(stdout).toContain('releases/tag/2026.9.1');
  expect(await vendor(...linux)).toMatchObject({ exitCode: 0 });
  expect((await vendor('--update', '1999.1.1')).stderr).toContain(
    'Nothing of cloudflared 1999.1.1 was found',
  );
  expect((await readLock(path.join(folder, 'lock.json'))).version).toBe('2026.9.1');
});

test('a lock file that is none is named', async () => {
  await writeFile(
    path.join(folder, 'lock.json'),
    '{"version": "2026.8.2", "files": {"linux-x64": {"sha256": "ab"}}}',
  );
  expect((await vendor()).stderr).toMatch(/lock\.json is no lock file of cloudflared: /);
});

test('the lock of this repository names every platform', async () => {
  const lock = await readLock(path.join(root, 'resources/cloudflared.lock.json'));
  expect(Object.keys(lock.files)).toEqual(platforms);
  for (const platform of platforms)
    expect(lock.files[platform]?.name).toBe(release().lock.files[platform]?.name);
});

test('the processor is read from the file itself', async () => {
  for (const platform of platforms) expect(platformOf(programFor(platform))).toBe(platform);
  expect(platformOf(await readFile(process.execPath))).toBe(`${process.platform}-${process.arch}`);
  for (const data of [Buffer.alloc(0), Buffer.alloc(4096), Buffer.from(`MZ${'\xff'.repeat(100)}`, 'latin1')])
    expect(platformOf(data)).toBeUndefined();
});
