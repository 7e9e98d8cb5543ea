import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';

/** Where packages are made for, as Node names them, and the file of cloudflared's release page for each. */
export const releaseFiles = {
  'linux-x64': 'cloudflared-linux-amd64',
  'linux-arm64': 'cloudflared-linux-arm64',
  'darwin-x64': 'cloudflared-darwin-amd64.tgz',
  'darwin-arm64': 'cloudflared-darwin-arm64.tgz',
  'win32-x64': 'cloudflared-windows-amd64.exe',
} as const;

export type Place = keyof typeof releaseFiles;

export const places = Object.keys(releaseFiles) as Place[];

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const lockedFile = z.strictObject({
  name: z.string(),
  /** Bytes. */
  size: z.number().int().positive(),
  sha256,
  /** Of the program in an archive. */
  programSha256: sha256.optional(),
});
const lock = z.strictObject({
  version: z.string().regex(/^\d{4}\.\d+\.\d+$/),
  files: z.partialRecord(z.enum(places), lockedFile),
});

export type LockedFile = z.infer<typeof lockedFile>;
/** What cloudflared the packages carry. The sums are those that its release page publishes. */
export type Lock = z.infer<typeof lock>;

/** Rejects with a message that names the file and what is wrong with it. */
export async function readLock(file: string): Promise<Lock> {
  const text = await readFile(file, 'utf8');
  try {
    return lock.parse(JSON.parse(text));
  } catch (error) {
    const what = error instanceof z.ZodError ? z.prettifyError(error) : String(error);
    throw new Error(`${file} is no lock file of cloudflared: ${what}\nTake it from git again.`);
  }
}

/** Throws where the lock has none for a place. */
export function lockedFor(lock: Lock, place: Place): LockedFile {
  const found = lock.files[place];
  if (found !== undefined) return found;
  throw new Error(
    `resources/cloudflared.lock.json has no cloudflared for ${place}. Run \`npm run vendor -- --update ${lock.version}\` and compare what it prints with the release page.`,
  );
}

/** Where the program for a place lies below the folder `vendor`. */
export function vendoredProgram(vendor: string, place: Place): string {
  return path.join(
    vendor,
    'cloudflared',
    place,
    place.startsWith('win32') ? 'cloudflared.exe' : 'cloudflared',
  );
}
