import { Tally } from './tally.ts';
import type { Target } from './target.ts';
import { download, upload } from './transfers.ts';
import { Watch } from './watch.ts';

const lineEveryMs = 1_000;
const watchPatienceMs = 20_000;
/** Between two small requests to one cluster. */
const getEveryMs = 20_000;
const megabyte = 1 << 20;

/** What the users of all tunnels do: a watch on each, now and then a request, some transfers, fast and slow. */
export interface Traffic {
  readonly tally: Tally;
  readonly watches: readonly Watch[];
  /** Begins no more requests, and waits for those that are under way; the watches go on. */
  rest(): Promise<void>;
  resume(): void;
  /** While the agent is stopped, watches wait however long nothing comes. */
  sleep(on: boolean): void;
  stop(): Promise<void>;
}

export function startTraffic(targets: readonly Target[]): Traffic {
  const tally = new Tally();
  const stopping = new AbortController();
  const { signal } = stopping;
  const watches = targets.map((target) => new Watch(target, tally));
  const running = new Set<Promise<void>>();
  let isResting = false;
  let isAsleep = false;
  const any = () => targets[Math.floor(Math.random() * targets.length)] as Target;
  const pause = (ms: number) =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      signal.addEventListener('abort', () => {
        clearTimeout(timer);
        resolve();
      });
    });
  const loop = async (everyMs: number, name: string, work: () => Promise<void>) => {
    await pause(Math.random() * everyMs);
    while (!signal.aborted) {
      if (!isResting) {
        const one = work().then(
          () => tally.add(`${name} done`),
          (error: unknown) => {
            if (signal.aborted) return;
            tally.add(`${name} broken`);
            tally.add(`broken: ${error instanceof Error ? error.message : String(error)}`);
          },
        );
        running.add(one);
        await one;
        running.delete(one);
      }
      await pause(everyMs / 2 + Math.random() * everyMs);
    }
  };
  const loops = [
    ...watches.map(async (watch) => {
      await pause(Math.random() * 3_000);
      await watch.run({
        everyMs: lineEveryMs,
        signal,
        patienceMs: () => (isAsleep ? Number.POSITIVE_INFINITY : watchPatienceMs),
      });
    }),
    ...targets.map((target) =>
      loop(getEveryMs, 'small requests', () =>
        download({ target, length: 200 + Math.floor(Math.random() * 60_000), tally, signal }),
      ),
    ),
    ...[1, 2].flatMap(() => [
      loop(1_500, 'downloads', () => download({ target: any(), length: 4 * megabyte, tally, signal })),
      loop(1_500, 'uploads', () => upload({ target: any(), length: 4 * megabyte, tally, signal })),
      loop(1_500, 'slow readers', () =>
        download({ target: any(), length: 3 * megabyte, rate: 512 * 1024, tally, signal }),
      ),
      loop(1_500, 'slow servers', () =>
        upload({ target: any(), length: 3 * megabyte, rate: 512 * 1024, tally, signal }),
      ),
    ]),
  ];
  return {
    tally,
    watches,
    async rest() {
      isResting = true;
      await Promise.all(running);
    },
    resume() {
      isResting = false;
    },
    sleep(on) {
      isAsleep = on;
    },
    async stop() {
      stopping.abort(new Error('stopped'));
      await Promise.all(loops);
    },
  };
}
