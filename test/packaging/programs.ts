import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import {
  type Lock,
  type LockedFile,
  type Platform,
  platforms,
  releaseFiles,
} from '../../scripts/vendor/lock.ts';

/** The first bytes of a program for a platform, as its system wants them, and a text that tells one from another. */
export function programFor(platform: Platform, text = 'cloudflared'): Buffer {
  const head = Buffer.alloc(256);
  const [system, arch] = platform.split('-');
  const isX64 = arch === 'x64';
  if (system === 'linux') {
    head.write('\x7fELF\x02\x01\x01', 'latin1');
    head.writeUInt16LE(isX64 ? 0x3e : 0xb7, 18);
  } else if (system === 'darwin') {
    head.writeUInt32LE(0xfeedfacf, 0);
    head.writeUInt32LE(isX64 ? 0x01000007 : 0x0100000c, 4);
  } else {
    head.write('MZ', 'latin1');
    head.writeUInt32LE(128, 60);
    head.write('PE\0\0', 128, 'latin1');
    head.writeUInt16LE(0x8664, 132);
  }
  return Buffer.concat([head, Buffer.from(text)]);
}

/** An archive as cloudflared's for macOS. */
export function tgz(program: Buffer, name = 'cloudflared'): Buffer {
  const header = Buffer.alloc(512);
  header.write(name);
  header.write('0000755\0', 100);
  header.write(`${program.length.toString(8).padStart(11, '0')}\0`, 124);
  header.write('ustar', 257);
  const rest = Buffer.alloc((512 - (program.length % 512)) % 512);
  return gzipSync(Buffer.concat([header, program, rest, Buffer.alloc(1024)]));
}

const sum = (data: Buffer) => createHash('sha256').update(data).digest('hex');

/** A release page's files by name, and the lock that fits. */
export function release(version = '2026.8.2'): { readonly files: Map<string, Buffer>; readonly lock: Lock } {
  const files = new Map<string, Buffer>();
  const locked = platforms.map((platform): [Platform, LockedFile] => {
    const name = releaseFiles[platform];
    const program = programFor(platform, `cloudflared ${version}`);
    const isArchive = name.endsWith('.tgz');
    const data = isArchive ? tgz(program) : program;
    files.set(name, data);
    const programSha256 = isArchive ? { programSha256: sum(program) } : {};
    return [platform, { name, size: data.length, sha256: sum(data), ...programSha256 }];
  });
  return { files, lock: { version, files: Object.fromEntries(locked) } };
}
