import type { Held } from './agent.ts';
import { type Soak, until } from './soak.ts';

const kinds = ['sockets', 'servers', 'timers'] as const;
/** A sign-in's own timers run for five minutes; what each tunnel or connection left would be more. */
const allowed = { sockets: 0, servers: 0, timers: 8 } as const;

/** Everything is closed: the agent is to hold no more than it did before anything was open. */
export async function closeAll(soak: Soak, before: Held): Promise<void> {
  const { agent, traffic, report, world } = soak;
  report.phase('closing');
  const loaded = await agent.footprint();
  await traffic.stop();
  const from = Date.now();
  await agent.client.call('disconnect', { clusters: 'all' });
  await agent.client.call('forget', { clusters: 'all' });
  report.figure(`close all tunnels: ${((Date.now() - from) / 1000).toFixed(1)} s`);
  let now = await agent.held();
  await until(
    45_000,
    async () => {
      now = await agent.held();
      return kinds.every((kind) => now[kind].length <= before[kind].length + allowed[kind]);
    },
    3_000,
  );
  for (const kind of kinds) {
    const [was, is] = [before[kind], now[kind]];
    const more = without(is, was);
    report.check(
      `no ${kind} left`,
      is.length <= was.length + allowed[kind],
      `${was.length} before, ${is.length} now${is.length > was.length ? `: ${more.slice(0, 5).join(' | ')}` : ''}`,
    );
  }
  const { atProxy, webSockets } = await world.ask('stats');
  report.check(
    'no connection left at the proxy and the edge',
    atProxy <= 4 && webSockets === 0,
    `${atProxy} at the proxy, ${webSockets} WebSockets`,
  );
  const { residentMb } = await agent.footprint();
  const heapMb = now.memory.heapUsed / 1e6;
  report.figure(
    `resident memory ${loaded.residentMb.toFixed(0)} MB with all open, ${residentMb.toFixed(0)} MB after closing all, heap ${heapMb.toFixed(0)} MB`,
  );
}

/** Those of `list` that are not in `known`, each as often as it is there more. */
function without(list: readonly string[], known: readonly string[]): readonly string[] {
  const left = [...known];
  return list.filter((entry) => {
    const at = left.indexOf(entry);
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
}
