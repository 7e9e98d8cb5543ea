import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, rename, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { parseArgs, promisify } from 'node:util';

const run = promisify(execFile);

/**
 * `node scripts/apt-repository.ts FOLDER --key KEY --url URL [--name NAME]`: makes the folder, which holds debs, an apt
 * repository that is served at URL: a flat one, whose files are beside the debs
 * (https://wiki.debian.org/DebianRepository/Format#Flat_Repository_Format). KEY names a key of gpg that signs. NAME.sources
 * holds the address and the key, for people's computers. Upload InRelease last: it names the sums of all others.
 * Needs dpkg and gpg, and no package of npm.
 */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    key: { type: 'string', default: '' },
    url: { type: 'string', default: '' },
    name: { type: 'string', default: 'k8s-tunnels' },
  },
});

async function makeRepository(): Promise<void> {
  const [folder] = positionals;
  const { key, url, name } = values;
  if (folder === undefined || positionals.length > 1 || key === '' || url === '')
    throw new Error('Name one folder, --key KEY and --url URL.');
  if (!/^[a-z0-9][a-z0-9._-]*$/.test(name))
    throw new Error(`--name ${name}: use a-z, 0-9, ".", "_" and "-".`);
  const address = repositoryAddress(url);
  const debs = (await readdir(folder)).filter((file) => file.endsWith('.deb')).sort();
  if (debs.length === 0) throw new Error(`${folder} holds no deb.`);
  const entries: PackageEntry[] = [];
  for (const deb of debs) entries.push(await describe(folder, deb));
  refuseTwins(entries);
  const armoured = await gpg('--armor', '--export', key);
  if (armoured === '') throw new Error(`gpg has no key ${key}.`);

  const packages = entries.map(({ text }) => text).join('\n');
  const release = [
    `Origin: ${name}`,
    `Label: ${name}`,
    `Date: ${new Date().toUTCString()}`,
    `Architectures: ${[...new Set(entries.map(({ architecture }) => architecture))].sort().join(' ')}`,
    'SHA256:',
    ` ${createHash('sha256').update(packages).digest('hex')} ${Buffer.byteLength(packages)} Packages`,
    '',
  ].join('\n');
  await write(folder, 'Release', release);
  const signing = ['--local-user', key, '--digest-algo', 'SHA512'];
  const signed = await gpg(...signing, '--output', '-', '--clearsign', path.join(folder, 'Release'));
  const sources = `Types: deb\nURIs: ${address}\nSuites: ./\nSigned-By:\n${indented(armoured)}`;
  await write(folder, 'Packages', packages);
  await write(folder, `${name}.sources`, sources);
  await write(folder, 'InRelease', signed);
  for (const { title, deb } of entries) console.log(`${title}  ${deb}`);
}

/** Returns the address with its last slash. Throws for one over which a network could withhold newer versions. */
function repositoryAddress(text: string): string {
  const address = URL.canParse(text) ? new URL(text) : undefined;
  const isLoopback = address?.protocol === 'http:' && address.hostname === '127.0.0.1';
  if (address === undefined || (address.protocol !== 'https:' && !isLoopback))
    throw new Error(`--url ${text}: give an https address.`);
  return address.href.endsWith('/') ? address.href : `${address.href}/`;
}

interface PackageEntry {
  readonly deb: string;
  /** Package, version and architecture. */
  readonly title: string;
  readonly architecture: string;
  /** Its paragraph in Packages. */
  readonly text: string;
}

/** Rejects for a file that is not a deb. */
async function describe(folder: string, deb: string): Promise<PackageEntry> {
  const file = path.join(folder, deb);
  const { stdout } = await run('dpkg-deb', ['--field', file]).catch((cause: { stderr?: string }) => {
    throw new Error(`${file} is not a deb: ${String(cause.stderr ?? cause).trim()}`);
  });
  const field = (name: string) => new RegExp(`^${name}: (.+)$`, 'm').exec(stdout)?.[1] ?? '';
  const sum = createHash('sha256');
  await pipeline(createReadStream(file), sum);
  const more = [`Filename: ./${deb}`, `Size: ${(await stat(file)).size}`, `SHA256: ${sum.digest('hex')}`];
  return {
    deb,
    title: [field('Package'), field('Version'), field('Architecture')].join(' '),
    architecture: field('Architecture'),
    text: `${stdout.trimEnd()}\n${more.join('\n')}\n`,
  };
}

/** apt would install either of two files that say the same of themselves. */
function refuseTwins(entries: readonly PackageEntry[]): void {
  const known = new Map<string, string>();
  for (const { title, deb } of entries) {
    const other = known.get(title);
    if (other !== undefined) throw new Error(`${other} and ${deb} are both ${title}: remove one.`);
    known.set(title, deb);
  }
}

async function gpg(...args: readonly string[]): Promise<string> {
  const { stdout } = await run('gpg', ['--batch', '--quiet', '--yes', ...args]).catch(
    (cause: { stderr?: string }) => {
      throw new Error(`gpg failed: ${String(cause.stderr ?? cause).trim()}`);
    },
  );
  return stdout;
}

/** A key within a field: each line begins with a space, an empty one is a dot (deb822(5)). */
function indented(text: string): string {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => ` ${line === '' ? '.' : line}\n`)
    .join('');
}

/** Writes a file so that a server never sends half of it. */
async function write(folder: string, name: string, text: string): Promise<void> {
  const temporary = path.join(folder, `.${name}.new`);
  await writeFile(temporary, text);
  await rename(temporary, path.join(folder, name));
}

try {
  await makeRepository();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
