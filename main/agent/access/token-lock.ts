import { mkdir, readFile, stat, unlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { errnoOf } from '../app-error.ts';
import type { Clock } from '../parts.ts';
import { isSameProcess, processStart } from '../processes/process-start.ts';

const retryMs = 2_000;
const staleAfterMs = 10 * 60_000;

/**
 * cloudflared's lock beside a token file (`token/token.go`): `<file>.lock`, created with O_EXCL, holding
 * `{"pid","start_time"}`. Taken around a browser login, so that a cloudflared and this program never open two tabs.
 * cloudflared keeps its lock after the login for as long as it lives, so `satisfied` is asked at each turn: when the
 * token is there, nobody needs the lock any more.
 *
 * Resolves with the release, or undefined when `satisfied` became true first. Rejects when the signal aborts.
 */
export async function lockToken(options: {
  readonly file: string;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly satisfied: () => Promise<boolean>;
}): Promise<(() => Promise<void>) | undefined> {
  const { file, clock, signal, satisfied } = options;
  const lock = `${file}.lock`;
  await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
  for (;;) {
    signal.throwIfAborted();
    if (await create(lock)) return () => unlink(lock).catch(() => {});
    if (await satisfied()) return undefined;
    if (await isStale(lock, clock)) {
      await unlink(lock).catch(() => {});
      continue;
    }
    await clock.sleep(retryMs, signal);
  }
}

async function create(lock: string): Promise<boolean> {
  const body = { pid: process.pid, start_time: Math.round(processStart(process.pid) ?? 0) };
  try {
    await writeFile(lock, `${JSON.stringify(body)}\n`, { flag: 'wx', mode: 0o600 });
    return true;
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') return false;
    throw error;
  }
}

async function isStale(lock: string, clock: Clock): Promise<boolean> {
  try {
    const content: unknown = JSON.parse(await readFile(lock, 'utf8'));
    if (typeof content !== 'object' || content === null || !('pid' in content) || !('start_time' in content))
      return true;
    if (!isSameProcess(Number(content.pid), Number(content.start_time))) return true;
    return clock.now() - (await stat(lock)).mtimeMs > staleAfterMs;
  } catch (error) {
    // Gone again, or half-written by another racer: the next turn will tell. Unparsable is stale, as for cloudflared.
    return error instanceof SyntaxError;
  }
}
