/**
 * One timer for many: the returned function has `run` called each `everyMs`, together with all others, until what it
 * returns is called. A computer with hundreds of open connections then wakes once for all of them. The timer exists
 * while somebody needs it, and does not keep the process alive.
 */
export function createBeat(everyMs: number): (run: () => void) => () => void {
  const runs = new Set<() => void>();
  let timer: NodeJS.Timeout | undefined;
  return (run) => {
    // Two that are the same function are two all the same.
    const each = () => run();
    runs.add(each);
    timer ??= setInterval(() => {
      for (const one of [...runs]) one();
    }, everyMs).unref();
    return () => {
      if (!runs.delete(each) || runs.size > 0) return;
      clearInterval(timer);
      timer = undefined;
    };
  };
}
