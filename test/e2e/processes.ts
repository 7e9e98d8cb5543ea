import { readdir, readFile } from 'node:fs/promises';

/**
 * The processes that name a folder in their arguments or their environment, as all do that were started with a home in
 * it, and what they have started. Undefined where the system does not tell (all but Linux).
 */
export async function processesOf(folder: string): Promise<readonly number[] | undefined> {
  if (process.platform !== 'linux') return undefined;
  const pids = (await readdir('/proc')).map(Number).filter((pid) => pid > 0 && pid !== process.pid);
  const seen = await Promise.all(
    pids.map(async (pid) => {
      const read = (file: string) => readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => '');
      const [status, ...texts] = await Promise.all(['status', 'cmdline', 'environ'].map(read));
      const parent = Number(/^PPid:\s+(\d+)/m.exec(status ?? '')?.[1]);
      return { pid, parent, isOurs: texts.some((text) => text.includes(folder)) };
    }),
  );
  const found = new Set(seen.filter(({ isOurs }) => isOurs).map(({ pid }) => pid));
  for (let size = 0; size !== found.size; ) {
    size = found.size;
    for (const { pid, parent } of seen) if (found.has(parent)) found.add(pid);
  }
  return [...found];
}

/** Those of the processes that run still. */
export function running(pids: readonly number[]): readonly number[] {
  return pids.filter((pid) => {
    try {
      return process.kill(pid, 0);
    } catch {
      return false;
    }
  });
}
