/** One answer that is being read. */
export interface Reading {
  /** Who sends it. */
  readonly host: string;
  /** Ends it: it is the one that has to give way. */
  refuse(): void;
}

/** The memory that all answers share while they are read. */
export interface AnswerBudget {
  /** Counts bytes more for a reading. Where they do not fit, a reading is refused: this one, or another. */
  take(reading: Reading, bytes: number): void;
  release(reading: Reading): void;
}

const largeBytes = 2 * 1024 * 1024;

/**
 * Hundreds of answers are read at once, each within its own limit; together they may hold `limit` bytes. Where more comes,
 * the largest answers of the host that sends the most give way. Nobody waits for anybody: a host that sends without end
 * or slowly holds up no other.
 */
export function createAnswerBudget(limit: number): AnswerBudget {
  const readings = new Map<Reading, number>();
  let total = 0;
  const release = (reading: Reading) => {
    total -= readings.get(reading) ?? 0;
    readings.delete(reading);
  };
  return {
    take(reading, bytes) {
      readings.set(reading, (readings.get(reading) ?? 0) + bytes);
      total += bytes;
      // Several large ones at once are no API's: hundreds of cells, each with a page of its own, are all small.
      const large = [...readings.values()].filter((held) => held > largeBytes).length;
      const most = large > 1 ? limit / 2 : limit;
      if (total <= most) return;
      // Down to a half: a host that goes on would soon be there again.
      while (total > most / 2) {
        const largest = largestOfGreediest(readings);
        if (largest === undefined) return;
        release(largest);
        largest.refuse();
      }
    },
    release,
  };
}

function largestOfGreediest(readings: ReadonlyMap<Reading, number>): Reading | undefined {
  const hosts = new Map<string, number>();
  for (const [{ host }, bytes] of readings) hosts.set(host, (hosts.get(host) ?? 0) + bytes);
  const [greediest] = [...hosts].reduce((most, one) => (one[1] > most[1] ? one : most), ['', 0]);
  return [...readings]
    .filter(([{ host }]) => host === greediest)
    .reduce<readonly [Reading | undefined, number]>(
      (most, one) => (one[1] > most[1] ? one : most),
      [undefined, 0],
    )[0];
}
