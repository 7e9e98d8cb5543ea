/**
 * Shares one timer among many callers: the returned function calls `run` every `everyMs`, together with all others,
 * until its own result is called. A computer with hundreds of open connections then wakes once for all of them. The
 * timer runs only while somebody needs it, and does not keep the process alive.
 */
export function createBeat(everyMs: number): (run: () => void) => () => void {
  const runs = new Set<() => void>();
  let timer: NodeJS.Timeout | undefined;
  return (run) => {
    // Wrap it, so that the same function passed twice counts as two.
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
