import { readdirSync, readlinkSync } from 'node:fs';
import type { Socket } from 'node:net';
import { expect, vi } from 'vitest';

/** What a peer does after it has said a part of what it had to say. */
export type Ending = 'reset' | 'end' | 'destroy' | 'silence';
export const endings: readonly Ending[] = ['reset', 'end', 'destroy', 'silence'];

export function endBy(socket: Socket, how: Ending): void {
  if (how === 'reset') socket.resetAndDestroy();
  else if (how === 'end') socket.end();
  else if (how === 'destroy') socket.destroy();
}

/** Every way to stop after each of so many bytes; where there are many, each of the first and some of the others. */
export function cuts(length: number, all = 96): { readonly at: number; readonly how: Ending }[] {
  const offsets = Array.from({ length: length + 1 }, (_, at) => at).filter(
    (at) => at <= all || at % 13 === 0,
  );
  return offsets.flatMap((at) => endings.map((how) => ({ at, how })));
}

/** Runs each of them, a few at a time; what one rejects with names it. */
export async function runAll<T>(
  cases: readonly T[],
  workers: readonly ((one: T) => Promise<void>)[],
): Promise<void> {
  const left = [...cases].reverse();
  await Promise.all(
    workers.map(async (work) => {
      for (let one = left.pop(); one !== undefined; one = left.pop()) {
        const name = JSON.stringify(one);
        await work(one).catch((error: unknown) => {
          throw new Error(`${name}: ${error instanceof Error ? error.stack : String(error)}`);
        });
      }
    }),
  );
}

/**
 * Watches what this process holds and the errors that nobody handles. `none` resolves when it holds no more sockets than at
 * the start and there were no such errors, and rejects otherwise.
 */
export function watchProcess(): { none(): Promise<void>; stop(): void } {
  const uncaught: unknown[] = [];
  const note = (error: unknown) => void uncaught.push(error);
  process.on('uncaughtException', note).on('unhandledRejection', note);
  const before = held();
  return {
    async none() {
      await vi.waitFor(() => expect(held()).toEqual(before), { timeout: 10_000 });
      // An error without a listener shows only after what caused it.
      await new Promise((resolve) => setImmediate(resolve));
      expect(uncaught).toEqual([]);
    },
    stop: () => void process.off('uncaughtException', note).off('unhandledRejection', note),
  };
}

/** Open sockets: the handles, and what the system says. */
function held(): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const kind of process.getActiveResourcesInfo())
    if (kind === 'TCPSocketWrap' || kind === 'TLSWrap') counts[kind] = (counts[kind] ?? 0) + 1;
  if (process.platform === 'linux') counts.sockets = openSockets(process.pid);
  return counts;
}

/** Linux: the sockets that a process holds. */
export function openSockets(pid: number): number {
  const folder = `/proc/${pid}/fd`;
  return readdirSync(folder).filter((name) => {
    try {
      return readlinkSync(`${folder}/${name}`).startsWith('socket:');
    } catch {
      return false;
    }
  }).length;
}
