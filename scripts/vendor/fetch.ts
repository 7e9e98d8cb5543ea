import { chmod, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import {
  type Lock,
  type LockedFile,
  lockedFor,
  type Platform,
  releaseFiles,
  vendoredProgram,
} from './lock.ts';
import { checkPlatform, sha256Of } from './program.ts';

/** The origin of files: a local folder, or a release page. */
export type Origin = { readonly folder: string } | { readonly releases: string };

export const officialReleases = 'https://github.com/cloudflare/cloudflared/releases/download';

/** Thrown if the release page or the folder has no such file. */
export class NoSuchFile extends Error {
  override readonly name = 'NoSuchFile';
}

/**
 * Puts a platform's locked program into `vendor`. Writes nothing unless size, sum and processor match.
 * Rejects with a message that names the file and what to do.
 */
export async function vendorProgram(options: {
  readonly lock: Lock;
  readonly platform: Platform;
  readonly origin: Origin;
  readonly vendor: string;
}): Promise<string> {
  const { lock, platform, origin, vendor } = options;
  const locked = lockedFor(lock, platform);
  const data = await get({ origin, version: lock.version, name: locked.name });
  if (data.length !== locked.size)
    throw new Error(
      `${locked.name} is ${data.length} bytes long, and ${locked.size} in resources/cloudflared.lock.json: it did not arrive whole, or is another version. Fetch it again.`,
    );
  checkSum(data, locked.sha256, locked.name);
  const program = programIn(data, locked.name);
  if (locked.programSha256 !== undefined)
    checkSum(program, locked.programSha256, `cloudflared in ${locked.name}`);
  checkPlatform(program, platform, { name: locked.name });
  const file = vendoredProgram(vendor, platform);
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(`${file}.new`, program);
  await chmod(`${file}.new`, 0o755);
  await rename(`${file}.new`, file);
  return file;
}

/** Resolves with the lock entry for a file of `version`, to be compared with the release page by a maintainer. */
export async function lockFile(options: {
  readonly version: string;
  readonly platform: Platform;
  readonly origin: Origin;
}): Promise<LockedFile> {
  const { version, platform, origin } = options;
  const name = releaseFiles[platform];
  const data = await get({ origin, version, name });
  const program = programIn(data, name);
  checkPlatform(program, platform, { name });
  return {
    name,
    size: data.length,
    sha256: sha256Of(data),
    ...(program === data ? {} : { programSha256: sha256Of(program) }),
  };
}

function checkSum(data: Buffer, wanted: string, name: string): void {
  const sum = sha256Of(data);
  if (sum === wanted) return;
  throw new Error(
    `${name} is not the file that resources/cloudflared.lock.json names: its SHA-256 is ${sum}, not ${wanted}. Do not use it; fetch it again, or compare both with cloudflared's release page.`,
  );
}

async function get(options: {
  readonly origin: Origin;
  readonly version: string;
  readonly name: string;
}): Promise<Buffer> {
  const { origin, version, name } = options;
  if ('folder' in origin) {
    const file = path.join(origin.folder, name);
    return readFile(file).catch((cause: unknown) => {
      throw new NoSuchFile(`${file} cannot be read. Put cloudflared ${version}'s file of that name there.`, {
        cause,
      });
    });
  }
  const url = `${origin.releases}/${version}/${name}`;
  const otherwise = `Fetch it elsewhere and give its folder: npm run vendor -- --from FOLDER`;
  try {
    const response = await fetch(url);
    if (response.status === 404) throw new NoSuchFile(`${url} is not there (404): is ${version} a release?`);
    if (!response.ok) throw new Error(`the server answered ${response.status}`);
    return Buffer.from(await response.arrayBuffer());
  } catch (error) {
    if (error instanceof NoSuchFile) throw error;
    const { message, cause } = error as Error;
    const why = cause instanceof Error ? cause.message : message;
    throw new Error(`${url} could not be fetched: ${why}. ${otherwise}`, { cause: error });
  }
}

/** Returns the program: the file itself, or `cloudflared` in an archive. */
function programIn(data: Buffer, name: string): Buffer {
  if (!name.endsWith('.tgz')) return data;
  const broken = new Error(`${name} is no archive that holds cloudflared. Fetch it again.`);
  let tar: Buffer;
  try {
    tar = gunzipSync(data);
  } catch {
    throw broken;
  }
  // tar: blocks of 512 bytes with a header for each file, the name at 0 and the size in octal at 124.
  for (let at = 0; at + 512 <= tar.length; ) {
    const [entry] = tar.toString('utf8', at, at + 100).split('\0');
    const size = Number.parseInt(tar.toString('latin1', at + 124, at + 136), 8) || 0;
    const body = tar.subarray(at + 512, at + 512 + size);
    if (path.posix.basename(entry ?? '') === 'cloudflared' && body.length === size && size > 0) return body;
    at += 512 + Math.ceil(size / 512) * 512;
  }
  throw broken;
}
