import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { type Lock, lockedFor, type Platform, vendoredProgram } from './lock.ts';

export function sha256Of(data: Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}

/**
 * Returns a program's platform from the first bytes of its file, as Node names it: `linux-x64`, …. Undefined if
 * unknown.
 * ELF: `man 5 elf`; Mach-O: mach-o/loader.h; PE: https://learn.microsoft.com/windows/win32/debug/pe-format
 */
export function platformOf(data: Buffer): string | undefined {
  if (data.length < 64) return undefined;
  if (data.readUInt32BE(0) === 0x7f454c46) {
    const arch = { 62: 'x64', 183: 'arm64' }[data.readUInt16LE(18)];
    return arch && `linux-${arch}`;
  }
  if (data.readUInt32LE(0) === 0xfeedfacf) {
    const arch = { 16777223: 'x64', 16777228: 'arm64' }[data.readUInt32LE(4)];
    return arch && `darwin-${arch}`;
  }
  const header = data.readUInt32LE(60);
  if (data.toString('latin1', 0, 2) !== 'MZ' || header + 6 > data.length) return undefined;
  if (data.readUInt32BE(header) !== 0x50450000) return undefined;
  const arch = { 34404: 'x64', 43620: 'arm64' }[data.readUInt16LE(header + 4)];
  return arch && `win32-${arch}`;
}

/** Throws if a program is not for `platform`. `name` is the file's name for the message. */
export function checkPlatform(data: Buffer, platform: Platform, { name }: { readonly name: string }): void {
  const found = platformOf(data);
  if (found !== platform)
    throw new Error(
      `${name} is ${found === undefined ? 'no program' : `a program for ${found}`}, not for ${platform}.`,
    );
}

/** Rejects, with the command that fixes it, if a platform's vendored program is missing or not the locked one. */
export async function checkVendored(options: {
  readonly lock: Lock;
  readonly vendor: string;
  readonly platform: Platform;
}): Promise<void> {
  const { lock, vendor, platform } = options;
  const locked = lockedFor(lock, platform);
  const file = vendoredProgram(vendor, platform);
  const mend = `Run \`npm run vendor -- --only ${platform}\`.`;
  const data = await readFile(file).catch((cause: unknown) => {
    throw new Error(`${file} is missing. ${mend}`, { cause });
  });
  checkPlatform(data, platform, { name: file });
  const sum = sha256Of(data);
  if (sum !== (locked.programSha256 ?? locked.sha256))
    throw new Error(
      `${file} is not cloudflared ${lock.version} of resources/cloudflared.lock.json: its SHA-256 is ${sum}. ${mend}`,
    );
}
