import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createCatalog } from '../../../main/agent/catalog/catalog.ts';
import { type Connections, createConnections } from '../../../main/agent/connections/connections.ts';
import { createKubeconfig, type Kubeconfig } from '../../../main/agent/kubeconfig/kubeconfig.ts';
import { silentLogger, systemClock } from '../../../main/agent/parts.ts';
import type { Tunnels } from '../../../main/agent/tunnels/tunnels.ts';
import type { AppError } from '../../../main/model/app-error.ts';
import type { Cluster, ClusterId } from '../../../main/model/cluster.ts';
import { cell, listed } from '../catalog/clusters.ts';
import { standingTunnels } from './standing-tunnels.ts';

/** Connections over `standingTunnels` and a kubeconfig on disk. */
export interface Rig {
  readonly home: string;
  readonly tunnels: Tunnels;
  readonly connections: Connections;
  readonly kubeconfig: Kubeconfig;
  readonly config: string;
  /** All notices so far. */
  readonly notices: readonly string[];
  /** The entries that kubectl cannot use now, and why. */
  problems(): Readonly<Record<ClusterId, string>>;
  /** Moves the clock. */
  pass(ms: number): void;
  /** From now on, this program is the one that kubectl runs for credentials. */
  movePlugin(command: string): void;
  /** From now on, writing entries rejects with this. */
  failWrites(error: AppError): void;
  /** From now on, removing entries and restoring contexts rejects with this. */
  failRemovals(error: AppError): void;
  /** From now on, the file of the connections cannot be replaced, as one on Windows that another program has open. */
  blockState(): Promise<void>;
  /** From now on, discovery finds these only. */
  replace(...clusters: readonly Cluster[]): void;
  connect(clusters: readonly Cluster[], signal?: AbortSignal): ReturnType<Connections['connect']>;
  /** The clusters that have a tunnel, and what it does; one whose port listens only is idle. */
  statuses(): Readonly<Record<ClusterId, string>>;
  /** The kubeconfig's text; undefined where there is none. */
  text(): Promise<string | undefined>;
  close(): Promise<void>;
}

export function startRig(...clusters: readonly Cluster[]): Promise<Rig> {
  return startRigWith({}, ...clusters);
}

/** The same, with parts of the connections replaced. */
export async function startRigWith(
  more: Partial<Parameters<typeof createConnections>[0]>,
  ...clusters: readonly Cluster[]
): Promise<Rig> {
  const home = await mkdtemp(path.join(tmpdir(), 'connections-'));
  await mkdir(path.join(home, '.kube'));
  let passed = 0;
  const clock = { ...systemClock, now: () => Date.now() + passed };
  const parts = { folder: home, clock, logger: silentLogger };
  const catalog = await createCatalog({ ...parts, folder: path.join(home, 'catalog') });
  catalog.apply(cell(listed(...clusters)));
  const tunnels = standingTunnels();
  const kubeconfig = createKubeconfig(parts);
  let failure: AppError | undefined;
  let removalFailure: AppError | undefined;
  const notices: string[] = [];
  let problems: Readonly<Record<ClusterId, string>> = {};
  const plugin = { command: process.execPath, args: [] };
  const connections = await createConnections({
    ...parts,
    catalog,
    tunnels,
    ports: { known: (id) => tunnels.find(id)?.localPort(), rotate: async () => undefined },
    kubeconfig: {
      ...kubeconfig,
      async add(...entries) {
        if (failure !== undefined) throw failure;
        return kubeconfig.add(...entries);
      },
      async remove(...which) {
        if (removalFailure !== undefined) throw removalFailure;
        return kubeconfig.remove(...which);
      },
      async release(...which) {
        if (removalFailure !== undefined) throw removalFailure;
        return kubeconfig.release(...which);
      },
    },
    plugin,
    complete: async (cluster) => cluster,
    notice: (_, message) => notices.push(message),
    noticeOnce: (_, message) => notices.push(message),
    onProblems({ entries }) {
      problems = Object.fromEntries(entries.map(({ cluster, error }) => [cluster, error.message]));
    },
    keepsEntries: () => true,
    ...more,
  });
  return {
    home,
    tunnels,
    connections,
    replace: (...others) => catalog.apply(cell(listed(...others))),
    kubeconfig,
    config: path.join(home, '.kube/config'),
    notices,
    problems: () => problems,
    pass(ms) {
      passed += ms;
    },
    movePlugin(command) {
      plugin.command = command;
    },
    failWrites(error) {
      failure = error;
    },
    failRemovals(error) {
      removalFailure = error;
    },
    async blockState() {
      const file = path.join(home, 'connections.json');
      await rm(file, { force: true });
      await mkdir(path.join(file, 'in-the-way'), { recursive: true });
    },
    connect: (wanted, signal = new AbortController().signal) =>
      connections.connect({
        clusters: wanted,
        source: { kubeconfig: undefined, cwd: home, home },
        switches: true,
        signal,
      }),
    statuses: () => Object.fromEntries(tunnels.list().map((one) => [one.id, one.state().status])),
    text: () => readFile(path.join(home, '.kube/config'), 'utf8').catch(() => undefined),
    async close() {
      connections.close();
      await kubeconfig.close();
      await catalog.close();
      await rm(home, { recursive: true });
    },
  };
}
