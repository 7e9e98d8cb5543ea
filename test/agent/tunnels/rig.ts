import { execFile, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { networkInterfaces } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { type Mock, vi } from 'vitest';
import { type Access, createAccess, type LoginState } from '../../../main/agent/access/access.ts';
import { createNetwork, type Network } from '../../../main/agent/network/network.ts';
import { trustAuthorities } from '../../../main/agent/network/trust.ts';
import { openUrl } from '../../../main/agent/open-url.ts';
import type { Logger } from '../../../main/agent/parts.ts';
import type { ConnectorRules } from '../../../main/agent/tunnels/connector-choice.ts';
import { createPeers, type Peers } from '../../../main/agent/tunnels/peers/peers.ts';
import { createPorts, type Ports } from '../../../main/agent/tunnels/ports.ts';
import type { Tunnel } from '../../../main/agent/tunnels/tunnel.ts';
import { createTunnels, type Tunnels } from '../../../main/agent/tunnels/tunnels.ts';
import { type Cluster, type ClusterId, clusterId } from '../../../main/model/cluster.ts';
import type { TunnelState } from '../../../main/model/tunnel-state.ts';
import { spreadPorts } from '../../world/free-ports.ts';
import { eksEndpointHost } from '../../world/plan.ts';
import { startWorld, type World } from '../../world/world.ts';
import { type SkippingClock, skippingClock } from '../skipping-clock.ts';

const run = promisify(execFile);

/** Tunnels put together as the agent does, over a world. */
export interface Rig {
  readonly world: World;
  readonly clock: SkippingClock;
  readonly network: Network;
  readonly access: Access;
  readonly tunnels: Tunnels;
  readonly ports: Ports;
  readonly peers: Peers;
  /** This computer's addresses; a test may change what it answers. */
  readonly interfaces: Mock<typeof networkInterfaces>;
  readonly folder: string;
  /** Every state of every tunnel, in their order. */
  readonly states: { readonly title: string; readonly state: TunnelState }[];
  /** Everything that was logged, as text. */
  readonly log: string[];
  /** What a person was told. */
  readonly notices: string[];
  /** What the next browser is started with, beside the world's variables. */
  readonly browserEnv: Record<string, string>;
  cluster(title: string, change?: Partial<Cluster>): Cluster;
  open(title: string, change?: Partial<Cluster>): Promise<{ tunnel: Tunnel; state: TunnelState }>;
  /** A kubeconfig file for a tunnel that has a port. */
  kubeconfig(title: string): Promise<string>;
  kubectl(title: string, ...args: readonly string[]): Promise<string>;
  spawnKubectl(title: string, ...args: readonly string[]): Promise<ReturnType<typeof spawn>>;
  statuses(title: string): readonly string[];
  /** Waits until the tunnel is in a state. */
  until(title: string, status: TunnelState['status']): Promise<TunnelState>;
  close(): Promise<void>;
}

export async function startRig(
  options: NonNullable<Parameters<typeof startWorld>[0]> & {
    readonly onDemand?: (id: ClusterId) => Promise<void>;
    /** More of the environment that the connectors see. */
    readonly env?: Readonly<Record<string, string>>;
    readonly rules?: () => ConnectorRules | undefined;
    readonly credential?: Parameters<typeof createTunnels>[0]['credential'];
  } = {},
): Promise<Rig> {
  const world = await startWorld(options);
  trustAuthorities({ env: world.env });
  const clock = skippingClock();
  const network = createNetwork(world.env);
  const log: string[] = [];
  const write = (message: string, fields?: object) => void log.push(JSON.stringify({ message, ...fields }));
  const logger: Logger = { debug: write, info: write, warn: write, error: write };
  const browserEnv: Record<string, string> = {};
  const notices: string[] = [];
  const access = createAccess({
    network,
    clock,
    logger,
    folder: path.join(world.home, '.cloudflared'),
    openUrl: (url) => openUrl(url, { ...process.env, HOME: world.home, ...world.env, ...browserEnv }),
    onLogins: (logins: readonly LoginState[]) => write('logins', { count: logins.length }),
  });
  const folder = await mkdtemp(path.join(world.home, 'state-'));
  await spreadPorts(folder, world.plan, { hasProxies: false });
  const ports = await createPorts({ folder, logger, renew: false });
  const interfaces = vi.fn(networkInterfaces);
  const peers = await createPeers({ env: world.env, logger });
  const states: { title: string; state: TunnelState }[] = [];
  const titleOf = (id: string) => id.slice(id.lastIndexOf('/') + 1);
  const tunnels = createTunnels({
    clock,
    logger,
    network,
    access,
    ports,
    peers,
    interfaces,
    onDemand: options.onDemand,
    cloudflared: {
      env: { ...world.env, ...options.env },
      home: world.home,
      resources: undefined,
      state: folder,
      logger,
    },
    rules: options.rules,
    credential: options.credential,
    notice: (_, message) => notices.push(message),
    onChange: (tunnel) => states.push({ title: titleOf(tunnel.id), state: tunnel.state() }),
  });

  const cluster: Rig['cluster'] = (title, change = {}) => {
    const eks = world.plan.eks.find(({ name }) => name === title);
    if (eks === undefined) throw new Error(`no cluster ${title}`);
    return {
      id: clusterId('eks', eks.account, eks.region, eks.name),
      source: 'eks',
      account: eks.account,
      region: eks.region,
      name: title,
      title,
      server: `https://${eksEndpointHost(eks)}`,
      certificateAuthorityData: Buffer.from(world.api(title).authority.certificate).toString('base64'),
      reach: {
        kind: 'tunnel',
        hostname: (eks.tags['k8s-tunnels-hostname'] ?? '').replaceAll('_', '.'),
        origin: 'socks',
      },
      tagProblems: [],
      seenAt: 0,
      stale: false,
      ...change,
    };
  };
  const kubeconfig = async (title: string) => {
    const { server, certificateAuthorityData, id } = cluster(title);
    const local = tunnels.find(id)?.localPort();
    if (local === undefined) throw new Error(`${title} has no port`);
    const { port, credentials } = local;
    const file = path.join(world.home, `${title}.yaml`);
    const content = {
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [
        {
          name: 'c',
          cluster: {
            server,
            'certificate-authority-data': certificateAuthorityData,
            'proxy-url': `socks5://${credentials.user}:${credentials.password}@127.0.0.1:${port}`,
          },
        },
      ],
      users: [{ name: 'u', user: { token: world.api(title).mintToken('tester', ['system:masters']) } }],
      contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
      'current-context': 'x',
    };
    await writeFile(file, JSON.stringify(content), { mode: 0o600 });
    return file;
  };
  const kubectlEnv = { HOME: world.home, PATH: process.env.PATH ?? '' };

  return {
    world,
    clock,
    network,
    access,
    tunnels,
    ports,
    peers,
    interfaces,
    folder,
    states,
    log,
    notices,
    browserEnv,
    cluster,
    async open(title, change) {
      const tunnel = tunnels.tunnel(cluster(title, change));
      return { tunnel, state: await tunnel.open({ interactive: true, persist: false }) };
    },
    kubeconfig,
    kubectl: async (title, ...args) =>
      (await run('kubectl', ['--kubeconfig', await kubeconfig(title), ...args], { env: kubectlEnv })).stdout,
    spawnKubectl: async (title, ...args) =>
      spawn('kubectl', ['--kubeconfig', await kubeconfig(title), ...args], {
        env: kubectlEnv,
        stdio: ['ignore', 'pipe', 'pipe'],
      }),
    statuses: (title) =>
      states
        .filter((entry) => entry.title === title)
        .map(({ state }) => state.status)
        .filter((status, at, all) => status !== all[at - 1]),
    until: (title, status) =>
      vi.waitFor(
        () => {
          const state = tunnels.find(cluster(title).id)?.state() ?? { status: 'idle' };
          if (state.status !== status) throw new Error(`${title} is ${JSON.stringify(state)}, not ${status}`);
          return state;
        },
        { timeout: 15_000, interval: 10 },
      ),
    async close() {
      await tunnels.closeAll();
      await peers.close();
      access.close();
      network.reset();
      await world.close();
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}
