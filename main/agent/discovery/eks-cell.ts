import type { Cluster as EksCluster } from '@aws-sdk/client-eks';
import pLimit from 'p-limit';
import { AppError, toPlainError } from '../app-error.ts';
import type { Cluster } from '../catalog/cluster.ts';
import { taggedCluster } from '../catalog/tagged-cluster.ts';
import { type AwsAccount, type AwsLogin, profilesOf } from './aws-accounts.ts';
import { awsError, isUnrecognizedClient } from './aws-errors.ts';
import type { EksClients } from './eks-clients.ts';
import type { CellOutcome, DiscoverySource } from './source.ts';

/** In one cell: EKS throttles an account's calls in a region. */
const descriptionsAtOnce = 16;

export interface CellParts {
  readonly account: AwsAccount;
  readonly region: string;
  /** Resolves when every profile has logged in or failed. */
  readonly opened: Promise<unknown>;
  readonly limit: ReturnType<typeof pLimit>;
  readonly run: Parameters<DiscoverySource['discover']>[0];
  readonly clients: EksClients;
  /** Profiles that were denied something here: they are tried last from now on. */
  readonly refused: Set<string>;
  now(): number;
}

/**
 * One account in one region: lists it and, at the same time, describes what is known of it. Never rejects; the caller
 * looks whether the run was cancelled.
 */
export async function readCell(cell: CellParts): Promise<CellOutcome> {
  const { account, region, run } = cell;
  const perCell = pLimit(descriptionsAtOnce);
  const inCell = run.known.filter((cluster) => cluster.account === account.id && cluster.region === region);
  const known = new Map(inCell.map((cluster) => [cluster.name, cluster]));
  const described = new Map<string, Promise<PromiseSettledResult<Cluster | undefined>>>();
  const describe = async (name: string) => {
    const reading =
      described.get(name) ??
      Promise.allSettled([perCell(() => readCluster({ cell, name, known: known.get(name) }))]).then(
        ([result]) => result,
      );
    described.set(name, reading);
    return reading;
  };
  for (const name of known.keys()) void describe(name);
  try {
    const names = await withLogin(cell, 'eks:ListClusters', (login) => listNames(cell, login));
    const results = await Promise.all(names.map(describe));
    const clusters = clustersOf(results);
    const broken = results.find((result) => result.status === 'rejected');
    return broken === undefined
      ? { kind: 'listed', clusters }
      : { kind: 'failed', error: toPlainError(broken.reason), clusters };
  } catch (error) {
    if (error instanceof AppError && isUnrecognizedClient(error.cause)) {
      return { kind: 'not-enabled', error: regionDisabled(account, region) };
    }
    const clusters = clustersOf(await Promise.all(described.values()));
    return { kind: 'failed', error: toPlainError(error), clusters };
  }
}

function clustersOf(results: readonly PromiseSettledResult<Cluster | undefined>[]): readonly Cluster[] {
  return results.flatMap((result) => (result.status === 'fulfilled' ? (result.value ?? []) : []));
}

function regionDisabled(account: AwsAccount, region: string) {
  return toPlainError(
    new AppError('aws-region-disabled', `Region ${region} is not enabled in account ${account.id}.`),
  );
}

/**
 * Runs a call with the account's logins in turn until one may make it. Rejects with the first refusal when none may,
 * at once with anything else.
 */
async function withLogin<T>(
  cell: CellParts,
  action: string,
  call: (login: AwsLogin) => Promise<T>,
): Promise<T> {
  const { account, region, opened, limit, run, refused } = cell;
  const tried = new Set<AwsLogin>();
  const untried = () => account.logins.find((login) => !tried.has(login));
  let refusal: AppError | undefined;
  for (;;) {
    // A slower profile may lead to the same account.
    if (untried() === undefined) await opened;
    const login = untried();
    if (login === undefined) break;
    tried.add(login);
    try {
      return await limit(() => {
        run.signal.throwIfAborted();
        return call(login);
      });
    } catch (error) {
      const told = await awsError({ error, profile: login.profile, action, region });
      if (told.code !== 'aws-denied' && told.code !== 'aws-session-expired') throw told;
      refused.add(login.profile.name);
      refusal ??= told;
    }
  }
  throw refusal ?? new AppError('aws-no-profile', `No AWS profile reaches account ${account.id}.`);
}

async function listNames(cell: CellParts, login: AwsLogin): Promise<readonly string[]> {
  const { paginateListClusters } = await import('@aws-sdk/client-eks');
  const client = await cell.clients(login, cell.region);
  const names: string[] = [];
  for await (const page of paginateListClusters(
    { client, pageSize: 100 },
    {},
    { abortSignal: cell.run.signal },
  )) {
    names.push(...(page.clusters ?? []));
  }
  return names;
}

/** Undefined when it was deleted since it was listed. */
async function readCluster(options: {
  readonly cell: CellParts;
  readonly name: string;
  readonly known: Cluster | undefined;
}): Promise<Cluster | undefined> {
  const { cell, name, known } = options;
  const { account, region, now } = cell;
  const { DescribeClusterCommand } = await import('@aws-sdk/client-eks');
  try {
    const { cluster } = await withLogin(cell, 'eks:DescribeCluster', async (candidate) => {
      const client = await cell.clients(candidate, region);
      return client.send(new DescribeClusterCommand({ name }), { abortSignal: cell.run.signal });
    });
    return clusterFrom({ cell, name, eks: cluster });
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    if (error.cause instanceof Error && error.cause.name === 'ResourceNotFoundException') return undefined;
    if (error.code !== 'aws-denied') throw error;
    // A policy may name clusters one by one: that this one may not be read says nothing of the others.
    if (known !== undefined) return { ...known, stale: true };
    const unreachable = `${error.message} ${error.hint ?? ''}`.trim();
    return taggedCluster({
      source: 'eks',
      account: account.id,
      region,
      name,
      tags: {},
      unreachable,
      seenAt: now(),
    });
  }
}

function clusterFrom(options: {
  readonly cell: CellParts;
  readonly name: string;
  readonly eks: EksCluster | undefined;
}): Cluster {
  const { name, eks } = options;
  const { account, region, refused, now } = options.cell;
  return taggedCluster({
    source: 'eks',
    account: account.id,
    region,
    name,
    tags: eks?.tags ?? {},
    server: eks?.endpoint,
    certificateAuthorityData: eks?.certificateAuthority?.data,
    version: eks?.version,
    status: eks?.status,
    credential: { kind: 'eks', cluster: name, region, profiles: profilesOf(account, refused) },
    unreachable:
      eks?.endpoint === undefined
        ? `EKS gives it no endpoint yet (status ${eks?.status ?? 'unknown'}). Discover again when it is ACTIVE.`
        : undefined,
    seenAt: now(),
  });
}
