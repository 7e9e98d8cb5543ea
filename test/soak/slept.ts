import { recovers, type Soak, sleep } from './soak.ts';

/**
 * The agent stands still, as on a computer that sleeps, while the edge and the API servers go on. Streams that the
 * other side kept are to live on, and every line that was sent meanwhile is to come.
 */
export async function sleepAndWake(soak: Soak, ms: number): Promise<void> {
  const { agent, traffic, report } = soak;
  report.phase(`sleep of ${ms / 1000} s`);
  await traffic.rest();
  await recovers(soak, 20_000);
  const before = traffic.watches.map(({ broken }) => broken);
  const { pid } = agent;
  traffic.sleep(true);
  process.kill(pid, 'SIGSTOP');
  try {
    await sleep(ms);
  } finally {
    process.kill(pid, 'SIGCONT');
  }
  // A late judgement comes with the next round of the keep-alive timers.
  const [{ ok, detail }] = await Promise.all([recovers(soak, 30_000), sleep(18_000)]);
  traffic.sleep(false);
  const broken = traffic.watches.filter((watch, at) => watch.broken !== before[at]);
  report.check(
    `streams that lived through the sleep are alive: ${traffic.watches.length}`,
    broken.length === 0,
    `${broken.length} broke`,
  );
  report.check('all is back after the sleep', ok, detail);
  traffic.resume();
}
