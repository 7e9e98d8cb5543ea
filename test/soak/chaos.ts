import type { ProxyMode } from './corporate-proxy.ts';
import { groupOf, groups } from './plan.ts';
import { quantile, recovers, type Soak, sleep, until } from './soak.ts';
import { readTargets } from './target.ts';
import { download } from './transfers.ts';

const recoveryLimitMs = 90_000;

/** Connections are cut at random, a few each half second. */
export async function cuts({ world, report }: Soak, ms: number): Promise<void> {
  report.phase('cuts');
  let count = 0;
  for (const end = Date.now() + ms; Date.now() < end; await sleep(500)) count += await world.ask('cut', 4);
  report.figure(`${count} connections cut`);
}

/** The edge goes away with every connection, for a moment and for longer. */
export async function edgeRestarts(soak: Soak): Promise<void> {
  const { world, traffic, report } = soak;
  report.phase('edge restarts');
  for (const ms of [300, 3_000]) {
    const from = Date.now();
    const cut = await world.ask('restartEdge', ms);
    const upAt = Date.now();
    const { ok, detail } = await recovers(soak, recoveryLimitMs);
    report.check(`all is back after an edge restart of ${ms} ms`, ok, `${cut} connections; ${detail}`);
    const late = traffic.watches.flatMap(({ outages }) =>
      outages.filter((outage) => outage.from >= from).map((outage) => outage.from + outage.ms - upAt),
    );
    report.figure(
      `streams were back ${quantile(late, 0.5)} ms (p50), ${quantile(late, 0.99)} ms (p99) after the edge`,
    );
  }
}

/** API servers restart; the request that comes next is to work, as a kubectl that the user starts then. */
export async function apiRestarts({ world, agent, traffic, report }: Soak, round: number): Promise<void> {
  report.phase('API server restarts');
  const targets = await readTargets(world.env.KUBECONFIG ?? '');
  const group = round % groups;
  const affected = targets.filter(({ name }) => groupOf(world.names.indexOf(name)) === group);
  const askAll = async () => {
    const settled = await Promise.allSettled(
      affected.map((target) => download({ target, length: 1_000, tally: traffic.tally })),
    );
    return settled.flatMap((result, at) =>
      result.status === 'rejected' ? [`${affected[at]?.name}: ${(result.reason as Error).message}`] : [],
    );
  };
  const before = await askAll();
  report.check('requests before an API restart', before.length === 0, before[0]);
  await sleep(500);
  await world.ask('restartApi', { group, ms: 500 });
  await sleep(300);
  const after = await askAll();
  report.check(
    `the first request after an API restart, on each of ${affected.length} tunnels`,
    after.length === 0,
    `${after.length} failed; ${agent.ended() ?? 'the agent runs'}${after[0] === undefined ? '' : `; ${after[0]}`}`,
  );
}

/** The proxy refuses and resets, refuses and keeps the connection, and says nothing for a while. */
export async function proxyMoods(soak: Soak): Promise<void> {
  const { world, agent, traffic, report } = soak;
  const moods: readonly (readonly [Exclude<ProxyMode, 'well'>, number])[] = [
    ['resets', 5_000],
    ['refuses', 5_000],
    ['silent', 12_000],
  ];
  for (const [mode, ms] of moods) {
    const does = `a proxy that ${mode === 'silent' ? 'goes silent' : mode}`;
    report.phase(does);
    const before = (await agent.footprint()).sockets;
    await world.ask('proxy', mode);
    // Something to refuse: those that are cut come back at once.
    if (mode !== 'silent') await world.ask('cut', 40);
    await sleep(ms);
    await world.ask('proxy', 'well');
    const { ok, detail } = await recovers(soak, recoveryLimitMs);
    report.check(`all is back after ${does}`, ok, agent.ended() ?? detail);
    if (agent.ended() !== undefined) return;
    await traffic.rest();
    const isBack = await until(30_000, async () => (await agent.footprint()).sockets <= before + 20);
    const { sockets } = await agent.footprint();
    report.check(`no socket left of ${does}`, isBack, `${before} before, ${sockets} now`);
    traffic.resume();
  }
}

/** Tokens end: the application's are renewed in silence, for the organisation's one tab of the browser opens. */
export async function expiries(soak: Soak): Promise<void> {
  const { world, report } = soak;
  for (const type of ['app', 'org'] as const) {
    report.phase(`expiry of the ${type} token`);
    const tabs = await world.ask('tabs');
    await world.ask('expire', 'app');
    if (type === 'org') await world.ask('expire', 'org');
    await world.ask('cut', 1_000_000);
    const { ok, detail } = await recovers(soak, recoveryLimitMs);
    const opened = (await world.ask('tabs')) - tabs;
    const due = type === 'org' ? 1 : 0;
    report.check(`all is back after the ${type} token has ended`, ok, detail);
    report.check(`browser tabs for it: ${due}`, opened === due, `${opened} opened`);
    if (ok) continue;
    // As the user would: what comes after is another matter.
    await soak.agent.client.call('connect', { clusters: [...world.names], mode: 'add', production: true });
    await recovers(soak, recoveryLimitMs);
  }
}
