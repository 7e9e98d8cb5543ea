import { execFileSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** A small file system to fill needs root and the right to mount. */
export function canMount(): boolean {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return false;
  const place = path.join(tmpdir(), `organisation-mount-${process.pid}`);
  try {
    execFileSync(
      'sh',
      ['-c', 'mkdir "$1" && mount -t tmpfs -o size=64k tmpfs "$1" && umount "$1" && rmdir "$1"', 'sh', place],
      { stdio: 'ignore' },
    );
    return true;
  } catch {
    return false;
  }
}
