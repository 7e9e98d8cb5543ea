import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, rmSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { settings } from './user.ts';

/** Runs `work` while another program has a file open, for `ms` at most. Ends that program afterwards. */
export async function whileHeld<T>(
  file: string,
  options: { readonly ms: number; readonly mode: 'shared' | 'exclusive' },
  work: () => T,
): Promise<T> {
  const words = [path.join(import.meta.dirname, 'hold.ts'), file, String(options.ms), options.mode];
  const child = spawn(settings.node, words, { stdio: 'ignore' });
  const ended = once(child, 'close');
  while (!existsSync(`${file}.held`) && child.exitCode === null) await sleep(20);
  try {
    return work();
  } finally {
    child.kill();
    await ended;
    rmSync(`${file}.held`, { force: true });
  }
}
