import { readFileSync, rmSync, watch, writeFileSync } from 'node:fs';
import path from 'node:path';

/**
 * Electron's single-instance lock: one process a folder. True for who holds it; who does not has told the holder of
 * its arguments. One whose holder was killed is taken over.
 */
export function takeInstanceLock(folder: string, onSecond: (argv: readonly string[]) => void): boolean {
  const lock = path.join(folder, 'singleton.lock');
  const note = 'second-instance.json';
  for (;;) {
    try {
      writeFileSync(lock, String(process.pid), { flag: 'wx' });
      break;
    } catch {
      if (isAlive(Number(readFileSync(lock, 'utf8')))) {
        writeFileSync(path.join(folder, note), JSON.stringify(process.argv));
        return false;
      }
      rmSync(lock, { force: true });
    }
  }
  process.on('exit', () => rmSync(lock, { force: true }));
  const watcher = watch(folder, (_event, name) => {
    if (name !== note) return;
    try {
      const argv = JSON.parse(readFileSync(path.join(folder, note), 'utf8')) as string[];
      rmSync(path.join(folder, note));
      onSecond(argv);
    } catch {
      // Half written, or read already: another event tells of it.
    }
  });
  watcher.unref();
  return true;
}

function isAlive(pid: number): boolean {
  try {
    return pid > 0 && process.kill(pid, 0);
  } catch {
    return false;
  }
}
