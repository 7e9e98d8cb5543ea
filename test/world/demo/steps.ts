export type Steps = ReturnType<typeof createSteps>;

/** Runs named steps one after the other and prints each with its time. After one that failed, the others are left out. */
export function createSteps(started: number) {
  let failed = false;
  let last = started;
  return {
    async run(name: string, work: () => Promise<string>): Promise<void> {
      if (failed) return;
      let mark = 'ok';
      let detail: string;
      try {
        detail = await work();
      } catch (error) {
        failed = true;
        mark = 'FAILED';
        detail = error instanceof Error ? error.message : String(error);
      }
      const now = performance.now();
      console.log(
        `${mark.padEnd(6)} ${`${Math.round(now - last)} ms`.padStart(8)}  ${name}${detail === '' ? '' : ` (${detail})`}`,
      );
      last = now;
    },
    skip(name: string, reason: string): void {
      if (!failed) console.log(`${'skip'.padEnd(18)} ${name} (${reason})`);
    },
    /** Prints the sum; true when none failed. */
    finish(): boolean {
      console.log(`${failed ? 'FAILED' : 'ok'} after ${((performance.now() - started) / 1000).toFixed(1)} s`);
      return !failed;
    },
  };
}
