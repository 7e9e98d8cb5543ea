import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';

/** The platforms of packages, as Node names them, with the file of cloudflared's release page for each. */
export const releaseFiles = {
  'linux-x64': 'cloudflared-linux-amd64',
  'linux-arm64': 'cloudflared-linux-arm64',
  'darwin-x64': 'cloudflared-darwin-amd64.tgz',
  'darwin-arm64': 'cloudflared-darwin-arm64.tgz',
  'win32-x64': 'cloudflared-windows-amd64.exe',
} as const;

export type Platform = keyof typeof releaseFiles;

export const platforms = Object.keys(releaseFiles) as Platform[];

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const lockedFile = z.strictObject({
  name: z.string(),
  /** In bytes. */
  size: z.number().int().positive(),
  sha256,
  /** The SHA-256 of the program in an archive. */
  programSha256: sha256.optional(),
});
const lock = z.strictObject({
  version: z.string().regex(/^\d{4}\.\d+\.\d+$/),
  files: z.partialRecord(z.enum(platforms), lockedFile),
});

export type LockedFile = z.infer<typeof lockedFile>;
/** The packages' cloudflared. The sums are those of its release page. */
export type Lock = z.infer<typeof lock>;

/** Reads the lock file. Rejects with a message that names the file and the problem. */
export async function readLock(file: string): Promise<Lock> {
  const text = await readFile(file, 'utf8');
  try {
    return lock.parse(JSON.parse(text));
  } catch (error) {
    const what = error instanceof z.ZodError ? z.prettifyError(error) : String(error);
    throw new Error(`${file} is no lock file of cloudflared: ${what}\nTake it from git again.`);
  }
}

/** Returns the locked file of a platform. Throws if there is none. */
export function lockedFor(lock: Lock, platform: Platform): LockedFile {
  const found = lock.files[platform];
  if (found !== undefined) return found;
  throw new Error(
    `resources/cloudflared.lock.json has no cloudflared for ${platform}. Run \`npm run vendor -- --update ${lock.version}\` and compare what it prints with the release page.`,
  );
}

/** Returns the path of a platform's program in the folder `vendor`. */
export function vendoredProgram(vendor: string, platform: Platform): string {
  return path.join(
    vendor,
    'cloudflared',
    platform,
    platform.startsWith('win32') ? 'cloudflared.exe' : 'cloudflared',
  );
}
