import { parseArgs } from 'node:util';
import { startSoakAgent } from './agent.ts';
import { apiRestarts, cuts, edgeRestarts, expiries, proxyMoods } from './chaos.ts';
import { closeAll } from './closing.ts';
import { sleepAndWake } from './slept.ts';
import { Report, type Soak, states } from './soak.ts';
import { readTargets } from './target.ts';
import { startTraffic } from './traffic.ts';
import { startSoakWorld } from './world.ts';

/**
 * `npm run test:soak -- [--minutes N] [--tunnels N] [--sleep SECONDS]`: the built agent, with many tunnels under load,
 * through a network that does everything a network does. Its last line counts the checks; the exit code is 1 where one
 * failed. K8S_TUNNELS_SOAK_MINUTES stands for `--minutes`.
 */
const { values } = parseArgs({
  options: { minutes: { type: 'string' }, tunnels: { type: 'string' }, sleep: { type: 'string' } },
});
const number = (text: string | undefined, fallback: number): number => {
  const value = Number(text ?? fallback);
  if (Number.isFinite(value) && value >= 0) return value;
  console.error(`${text} is not a number.`);
  process.exit(2);
};
const minutes = number(values.minutes ?? process.env.K8S_TUNNELS_SOAK_MINUTES, 4);
const count = Math.max(1, number(values.tunnels, 200));
const sleepMs = number(values.sleep, 100) * 1000;
/** What the sleep and the end take, beside the chaos. */
const restMs = sleepMs + 45_000;

const endAt = Date.now() + minutes * 60_000;
const report = new Report();
const world = await startSoakWorld(count);
const agent = await startSoakAgent(world.env);
// An agent that stands still could not be ended later by a gentler signal; the world ends with this process.
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => {
    agent.child.kill('SIGKILL');
    process.exit(1);
  });
try {
  const before = await agent.held();
  await agent.client.call('discover', {});
  const clusters = [...world.names];
  const from = performance.now();
  await agent.client.call('connect', { clusters, mode: 'add', production: true });
  report.figure(`connect ${count} at once: ${((performance.now() - from) / 1000).toFixed(1)} s`);
  const open = await states({ agent });
  report.check(`${count} tunnels are up`, open.connected === count, JSON.stringify(open));
  const tabs = await world.ask('tabs');
  report.check('browser tabs for the first sign-in: 1', tabs === 1, `${tabs} opened`);
  const traffic = startTraffic(await readTargets(world.env.KUBECONFIG ?? ''));
  const soak: Soak = { world, agent, traffic, report };

  let round = 0;
  do {
    await cuts(soak, 10_000);
    await edgeRestarts(soak);
    await apiRestarts(soak, round);
    await proxyMoods(soak);
    await expiries(soak);
    round += 1;
  } while (Date.now() < endAt - restMs && agent.ended() === undefined);
  await sleepAndWake(soak, sleepMs);
  await closeAll(soak, before);

  const { tally } = traffic;
  const lines = [...tally.counts].map(([name, value]) => `${name} ${value}`);
  report.figure(lines.toSorted((a, b) => a.localeCompare(b)).join(', '));
  report.check(
    `0 lost or changed bytes in ${tally.of('lines')} lines and ${(tally.of('bytes') / 1e9).toFixed(2)} GB`,
    tally.wrong.length === 0 && tally.of('lines') > 0 && tally.of('bytes') > 0,
    tally.wrong.slice(0, 5).join('; '),
  );
} catch (error) {
  report.check('the soak came to its end', false, agent.ended() ?? String(error));
}
const complaints = await agent.complaints();
report.check('0 uncaught errors', complaints.length === 0, complaints.slice(0, 3).join(' | '));
report.check('the agent ran to the end', agent.ended() === undefined, agent.ended());
await agent.stop();
await world.close();
console.log(`${report.passed} passed, ${report.failed} failed, 0 skipped`);
process.exit(report.failed === 0 ? 0 : 1);
