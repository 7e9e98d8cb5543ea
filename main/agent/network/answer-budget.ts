/** An answer that is being read. */
export interface Reading {
  /** The host that sends it. */
  readonly host: string;
  /** Aborts it, to free memory for others. */
  refuse(): void;
}

/** The memory that all answers share while they are read. */
export interface AnswerBudget {
  /** Counts additional bytes of a reading. If they exceed the limit, refuses a reading: this one or another. */
  take(reading: Reading, bytes: number): void;
  release(reading: Reading): void;
}

const largeBytes = 2 * 1024 * 1024;

/**
 * Hundreds of answers are read at once, each within its own limit. Together they may hold `limit` bytes. Above that,
 * the largest answers of the host that sends the most are refused. No reading waits for another, so a host that sends
 * slowly or without end delays no other.
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
      // Several large ones at once are not an API's: hundreds of locations, each with a page of its own, are all small.
      const large = [...readings.values()].filter((held) => held > largeBytes).length;
      const most = large > 1 ? limit / 2 : limit;
      if (total <= most) return;
      // Free down to a half: a host that continues would soon reach the limit again.
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
