import { clustersAtRest } from '../../agent/catalog/catalog-at-rest.ts';
import type { KubeconfigSource } from '../../agent/kubeconfig/files.ts';
import type { WorkerScript } from '../../agent/kubeconfig/planner.ts';
import type { Clock, Environment } from '../../agent/parts.ts';
import type { Paths } from '../../agent/paths.ts';
import { version } from '../../agent/version.ts';
import type { Client } from '../../api/socket/client.ts';
import { type PlainError, toPlainError } from '../../model/app-error.ts';
import type { Cluster } from '../../model/cluster.ts';
import type { AgentFacts, Facts } from './facts.ts';
import { reachRunning, readAccounts } from './probes/agent.ts';
import { askHosts } from './probes/hosts.ts';
import { type KubeconfigFacts, readKubeconfigs } from './probes/kubeconfig.ts';
import { lookAtOwnFiles } from './probes/own-files.ts';
import { askPlugins } from './probes/plugins.ts';
import { listenersOf } from './probes/ports.ts';
import { findPrograms } from './probes/programs.ts';
import { findProjects } from './probes/projects.ts';

/** All probes end by then, ms. */
const limitMs = 5_000;
/** The others need what these two find. */
const firstLimitMs = 3_000;
/** For a program that prints its version: it is ended in time for the limit. */
const programLimitMs = 2_000;
/** A host, and the search for projects, have this much less than the others, so that what they found is shown. */
const marginMs = 200;
/** More of them say nothing else. */
const hostsAtMost = 6;

interface Gathering {
  readonly env: Environment;
  readonly paths: Paths;
  readonly source: KubeconfigSource;
  /** The folder in which to look for projects. */
  readonly folder: string;
  readonly clock: Clock;
  readonly worker: WorkerScript | undefined;
}

/** Runs all probes at the same time. Resolves after five seconds at most, with what is known then. Never rejects. */
export async function gather(given: Gathering): Promise<{ readonly facts: Facts; readonly client?: Client }> {
  const { env, paths, source, folder, clock, worker } = given;
  const { home, state } = paths;
  const late: string[] = [];
  const failed: { probe: string; error: PlainError }[] = [];
  const over = new AbortController();
  const { signal } = over;
  const startedAt = clock.now();
  const soon = new AbortController();
  const stops = [
    clock.timer(limitMs - marginMs, () => soon.abort()),
    clock.timer(limitMs, () => over.abort()),
  ];

  /** Resolves with undefined if the work is late or fails, and notes that. */
  const probe = async <T>(name: string, ms: number, work: () => Promise<T>): Promise<T | undefined> => {
    const { promise: limit, resolve: reach } = Promise.withResolvers<'late'>();
    const cancel = clock.timer(ms, () => reach('late'));
    try {
      const answer = await Promise.race([work().then((value) => ({ value })), limit]);
      if (answer !== 'late') return answer.value;
      late.push(name);
    } catch (error) {
      failed.push({ probe: name, error: toPlainError(error) });
    } finally {
      cancel();
    }
    return undefined;
  };

  const asked = { env, home, limitMs: programLimitMs, signal };
  const [reached, kubeconfig, programs, projects, ownFiles] = [
    probe('agent', firstLimitMs, () => reachRunning(paths)),
    probe('kubeconfig', firstLimitMs, () => readKubeconfigs({ source, state, worker })),
    probe('programs on PATH', limitMs, () => findPrograms({ ...asked, cwd: source.cwd })),
    probe('projects', limitMs, () => findProjects({ folder, env, home, signal: soon.signal })),
    probe('files of the agent', limitMs, () => lookAtOwnFiles(state)),
  ];
  const [first, entries] = await Promise.all([reached, kubeconfig.then((facts) => facts?.entries ?? [])]);
  const { client } = first ?? {};
  const restMs = limitMs - (clock.now() - startedAt);
  const hosts = hostsOf(first?.agent, entries, clustersAtRest(state));
  const settings = first?.agent.status === 'running' ? first.agent.snapshot.settings : undefined;
  const rest = await Promise.all([
    programs,
    projects,
    ownFiles,
    kubeconfig,
    client === undefined ? undefined : probe('sessions', restMs, () => readAccounts(client)),
    probe('hosts', restMs, () =>
      askHosts({
        hosts,
        env,
        extraAuthorities: settings?.extraAuthorities || undefined,
        limitMs: restMs - marginMs,
        signal,
      }),
    ),
    probe('local ports', restMs, () => listenersOf(entries, { env })),
    probe('plugins of kubectl', restMs, () => askPlugins(entries, asked)),
  ]);
  for (const stop of stops) stop();
  const facts: Facts = {
    env,
    version,
    platform: process.platform,
    agent: first?.agent,
    programs: rest[0],
    projects: rest[1],
    ownFiles: rest[2],
    kubeconfig: rest[3],
    accounts: rest[4],
    hosts: rest[5],
    ports: rest[6],
    plugins: rest[7],
    late,
    failed,
  };
  return client === undefined ? { facts } : { facts, client };
}

/** Returns the hosts to ask: the team domains, and the applications of the clusters with entries. */
function hostsOf(
  agent: AgentFacts | undefined,
  entries: KubeconfigFacts['entries'],
  atRest: readonly Cluster[],
): readonly string[] {
  const snapshot = agent?.status === 'running' ? agent.snapshot : undefined;
  const ids = new Set(entries.map(({ id }) => id));
  const teams = [
    ...[snapshot?.organisation?.team ?? []].flat(),
    ...(snapshot?.sessions ?? []).map(({ authDomain }) => authDomain),
  ];
  const applications = (snapshot?.clusters ?? atRest).flatMap(({ id, reach }) =>
    ids.has(id) && reach.kind === 'tunnel' ? reach.hostname : [],
  );
  return [...new Set([...teams, ...applications])].slice(0, hostsAtMost);
}
