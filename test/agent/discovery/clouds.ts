import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Catalog, createCatalog } from '../../../main/agent/catalog/catalog.ts';
import { createDiscovery, type Discovery } from '../../../main/agent/discovery/discovery.ts';
import { createNetwork, type Network } from '../../../main/agent/network/network.ts';
import { type Environment, type Logger, silentLogger, systemClock } from '../../../main/agent/parts.ts';
import { type Aws as AwsWays, createAws } from '../../../main/agent/providers/aws/aws.ts';
import { createEksSource } from '../../../main/agent/providers/aws/eks.ts';
import type { CellResult, DiscoverySource } from '../../../main/agent/providers/discovery-source.ts';
import type { VaultServer } from '../../../main/agent/providers/vault/servers.ts';
import type { VaultSessions } from '../../../main/agent/providers/vault/sessions.ts';
import { createVaultSource } from '../../../main/agent/providers/vault/vault.ts';
import { type Cell, type Cluster, cellId } from '../../../main/model/cluster.ts';
import type { DiscoveryStatus } from '../../../main/model/discovery-status.ts';
import { createAuthority } from '../../world/authority.ts';
import { writeAwsHome } from '../../world/aws/home.ts';
import { type Aws, startAws } from '../../world/aws/server.ts';
import { defaultPlan, type Plan } from '../../world/plan.ts';
import { Traffic } from '../../world/traffic.ts';
import { writeVaultHome } from '../../world/vault/home.ts';
import { startVault, type Vault } from '../../world/vault/server.ts';
import { catalogText } from '../catalog/catalog-text.ts';

export type Mutable<T> = T extends object ? { -readonly [Key in keyof T]: Mutable<T[Key]> } : T;

/** The clouds of the world and a home that leads to them. `plan` may be changed at any time. */
export interface Clouds {
  readonly plan: Mutable<Plan>;
  readonly traffic: Traffic;
  readonly aws: Aws;
  readonly vault: Vault;
  readonly home: string;
  readonly env: Environment;
  readonly network: Network;
  /** The client certificate and key that Vault holds, PEM. */
  readonly client: { readonly certificate: string; readonly key: string };
  /** Our ways into AWS, as an agent that has just started has them; `env` in place of the home's own. */
  ways(options?: {
    readonly env?: Environment;
    readonly home?: string;
    readonly network?: Network;
    readonly organisation?: AwsWays['organisation'];
  }): AwsWays;
  eks(regions?: readonly string[]): DiscoverySource;
  onPrem(options?: {
    readonly mounts?: readonly string[];
    readonly env?: Environment;
    readonly servers?: readonly VaultServer[];
    readonly sessions?: VaultSessions;
  }): DiscoverySource;
  close(): Promise<void>;
}

export async function startClouds(): Promise<Clouds> {
  const plan = structuredClone(defaultPlan) as Mutable<Plan>;
  const traffic = new Traffic();
  const authority = await createAuthority('a cluster');
  const client = await authority.issueClient('depot-admin', ['system:masters']);
  const base64 = (text: string) => Buffer.from(text).toString('base64');
  const aws = await startAws({
    plan,
    traffic,
    kubeFacts: { certificateAuthorityFor: () => authority.certificate },
  });
  const vault = await startVault({
    plan,
    traffic,
    secretFor: ({ server, holds }) => ({
      server,
      'certificate-authority-data': base64(authority.certificate),
      ...(holds === 'token'
        ? { token: 'the-token-in-vault' }
        : {
            'client-certificate-data': base64(client.certificate),
            'client-key-data': base64(client.key),
          }),
    }),
  });
  const home = await mkdtemp(path.join(tmpdir(), 'clouds-'));
  const env: Environment = {
    ...(await writeAwsHome({ home, plan, url: aws.url, signIn: aws.signIn() })),
    ...(await writeVaultHome({ home, url: vault.url, token: vault.token })),
  };
  // The AWS SDK reads the process's own environment: endpoints, the folder of cached sessions.
  for (const name of Object.keys(process.env)) if (/^(AWS_|VAULT_)/.test(name)) delete process.env[name];
  Object.assign(process.env, env);
  const network = createNetwork(env);
  const parts = { env, home, network, clock: systemClock };
  const ways: Clouds['ways'] = (options) =>
    createAws({ ...parts, ...options, logger: silentLogger, folder: path.join(home, 'state') });
  return {
    plan,
    traffic,
    aws,
    vault,
    home,
    env,
    network,
    client,
    ways,
    eks: (regions) => createEksSource({ aws: ways(), regions }),
    onPrem: ({ mounts = [plan.vault.mount], env: other = env, servers, sessions } = {}) =>
      createVaultSource({ ...parts, env: other, mounts, servers, sessions }),
    async close() {
      // Their last writes end before their folder goes.
      await Promise.all(catalogs.splice(0).map((catalog) => catalog.close()));
      network.reset();
      await Promise.all([aws.close(), vault.close()]);
      await rm(home, { recursive: true });
    },
  };
}

/** Runs a source alone. */
export async function discoverOnce(
  source: DiscoverySource,
  known: readonly Cluster[] = [],
  {
    cells = [],
    asked = false,
    tagPrefix,
  }: { readonly cells?: readonly Cell[]; readonly asked?: boolean; readonly tagPrefix?: string } = {},
): Promise<{
  readonly results: readonly CellResult[];
  readonly planned: number;
  readonly clusters: readonly Cluster[];
}> {
  const byCell = new Map<string, CellResult>();
  let planned = 0;
  await source.discover({
    signal: new AbortController().signal,
    known,
    cells,
    asked,
    tagPrefix,
    onPlanned: (more) => {
      planned += more;
    },
    onCell: (result) =>
      byCell.set(cellId(result.cell.source, result.cell.account, result.cell.region), result),
  });
  const results = [...byCell.values()];
  return {
    results,
    planned,
    clusters: results.flatMap(({ outcome }) => ('clusters' in outcome ? (outcome.clusters ?? []) : [])),
  };
}

export function resultAt(
  results: readonly CellResult[],
  account: string,
  region: string,
): CellResult['outcome'] | undefined {
  return results.find(({ cell }) => cell.account === account && cell.region === region)?.outcome;
}

const catalogs: Catalog[] = [];

export interface Agentless {
  readonly catalog: Catalog;
  readonly discovery: Discovery;
  readonly statuses: DiscoveryStatus[];
  readonly folder: string;
  readonly log: string[];
  text(): Promise<string>;
}

/** A catalog on disk and a discovery into it. */
export async function discoveryInto(folder: string, sources: readonly DiscoverySource[]): Promise<Agentless> {
  const log: string[] = [];
  const write = (message: string, fields?: unknown) => void log.push(`${message} ${JSON.stringify(fields)}`);
  const logger: Logger = { ...silentLogger, info: write, warn: write, error: write };
  const catalog = await createCatalog({ folder, clock: systemClock, logger });
  catalogs.push(catalog);
  const statuses: DiscoveryStatus[] = [];
  const discovery = createDiscovery({
    sources,
    catalog,
    clock: systemClock,
    logger,
    onStatus: (status) => void statuses.push(status),
  });
  return { catalog, discovery, statuses, folder, log, text: () => catalogText(folder) };
}
