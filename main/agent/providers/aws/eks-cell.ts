import type { Cluster as EksCluster } from '@aws-sdk/client-eks';
import pLimit from 'p-limit';
import { AppError, toPlainError } from '../../../model/app-error.ts';
import type { Cluster } from '../../../model/cluster.ts';
import { taggedCluster } from '../../catalog/tagged-cluster.ts';
import { boundedPages } from '../bounded-pages.ts';
import type { CellOutcome, DiscoverySource } from '../discovery-source.ts';
import { type AwsAccount, type AwsLogin, waysOf } from './accounts.ts';
import type { Aws } from './aws.ts';
import { type EksClients, loadEks } from './eks-clients.ts';
import { awsError, denyingPolicy, isRoleGone, isUnrecognizedClient } from './errors.ts';

/** The limit per cell: EKS throttles calls per account and region. */
const descriptionsAtOnce = 16;

export interface CellParts {
  readonly account: AwsAccount;
  readonly region: string;
  /** The catalog's clusters of this cell. */
  readonly known: readonly Cluster[];
  readonly aws: Aws;
  /** Resolves when every profile has logged in or failed. */
  readonly opened: Promise<unknown>;
  readonly limit: ReturnType<typeof pLimit>;
  readonly run: Parameters<DiscoverySource['discover']>[0];
  /** The signal of the run, shared by only a few cells: adding a listener gets slower the more a signal has. */
  readonly signal: AbortSignal;
  readonly clients: EksClients;
  /** The keys of principals that were denied something here: they are tried last from now on. */
  readonly refused: Set<string>;
}

export interface CellReading {
  readonly outcome: CellOutcome;
  /** True if a policy of the AWS organisation denies the region to everybody. */
  readonly isClosed: boolean;
}

/**
 * Reads one account in one region: lists the clusters and, at the same time, describes the known ones. Never rejects;
 * the caller checks whether the run was cancelled.
 */
export async function readCell(cell: CellParts): Promise<CellReading> {
  const { account, region } = cell;
  const perCell = pLimit(descriptionsAtOnce);
  const known = new Map(cell.known.map((cluster) => [cluster.name, cluster]));
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
    return {
      outcome:
        broken === undefined
          ? { kind: 'listed', clusters }
          : { kind: 'failed', error: toPlainError(broken.reason), clusters },
      isClosed: false,
    };
  } catch (error) {
    const cause = error instanceof AppError ? error.cause : undefined;
    if (isUnrecognizedClient(cause))
      return { outcome: { kind: 'not-enabled', error: regionDisabled(account, region) }, isClosed: false };
    const clusters = clustersOf(await Promise.all(described.values()));
    return {
      outcome: { kind: 'failed', error: toPlainError(error), clusters },
      isClosed: denyingPolicy(cause) === 'service control policy' && known.size === 0,
    };
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

/** The result of a region that the organisation does not use: an answer, as for one that is not enabled. */
export function closedRegion({ id }: AwsAccount, region: string): CellOutcome {
  const error = new AppError(
    'aws-region-disabled',
    `A service control policy of the AWS organisation closes region ${region} to account ${id}.`,
  );
  return { kind: 'not-enabled', error: toPlainError(error) };
}

/**
 * Tries a call with the account's logins in turn until one is allowed. Rejects with the first denial if none is, or at
 * once with any other error.
 */
async function withLogin<T>(
  cell: CellParts,
  action: string,
  call: (login: AwsLogin) => Promise<T>,
): Promise<T> {
  const { account, region, aws, opened, limit, run, refused } = cell;
  // Compare by key: a profile and a role of Identity Center may have the same credentials.
  const tried = new Set<string>();
  const untried = () => {
    const left = account.logins.filter(({ principal }) => !tried.has(principal.key));
    return left.find(({ principal }) => !refused.has(principal.key)) ?? left[0];
  };
  let refusal: AppError | undefined;
  for (;;) {
    // A slower profile may reach the same account.
    if (untried() === undefined) await opened;
    const login = untried();
    if (login === undefined) break;
    const { principal } = login;
    tried.add(principal.key);
    try {
      const answer = await limit(() => {
        run.signal.throwIfAborted();
        return call(login);
      });
      // One answer is enough to know which role to try first next time.
      if (action === 'eks:ListClusters') await aws.identityCenter.succeeded(principal);
      return answer;
    } catch (error) {
      run.signal.throwIfAborted();
      if (isRoleGone(error)) await aws.identityCenter.refused(principal);
      const failure = await awsError({ error, principal, action, region });
      if (failure.code !== 'aws-denied' && failure.code !== 'aws-session-expired') throw failure;
      if (failure.code === 'aws-session-expired') aws.credentials.forget(principal);
      refused.add(principal.key);
      refusal ??= failure;
    }
  }
  throw refusal ?? new AppError('aws-no-profile', `No AWS profile reaches account ${account.id}.`);
}

async function listNames(cell: CellParts, login: AwsLogin): Promise<readonly string[]> {
  const { paginateListClusters } = await loadEks();
  const client = await cell.clients(login, cell.region);
  const names: string[] = [];
  const pages = paginateListClusters({ client, pageSize: 100 }, {}, { abortSignal: cell.signal });
  for await (const { clusters = [] } of boundedPages(pages, {
    list: `The list of EKS clusters in ${cell.region} (eks:ListClusters)`,
    next: ({ nextToken }) => nextToken,
  }))
    names.push(...clusters);
  return names;
}

/** Returns undefined if the cluster was deleted after the listing. */
async function readCluster(options: {
  readonly cell: CellParts;
  readonly name: string;
  readonly known: Cluster | undefined;
}): Promise<Cluster | undefined> {
  const { cell, name, known } = options;
  const { account, region, aws } = cell;
  const { DescribeClusterCommand } = await loadEks();
  try {
    const { cluster } = await withLogin(cell, 'eks:DescribeCluster', async (candidate) => {
      const client = await cell.clients(candidate, region);
      return client.send(new DescribeClusterCommand({ name }), { abortSignal: cell.signal });
    });
    return clusterFrom({ cell, name, eks: cluster });
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    if (error.cause instanceof Error && error.cause.name === 'ResourceNotFoundException') return undefined;
    if (error.code !== 'aws-denied') throw error;
    // A policy may name single clusters: a denial for this one does not affect the others.
    if (known !== undefined) return { ...known, stale: true };
    const unreachable = `${error.message} ${error.hint ?? ''}`.trim();
    return taggedCluster({
      source: 'eks',
      account: account.id,
      region,
      name,
      tags: {},
      tagPrefix: cell.run.tagPrefix,
      unreachable,
      unread: true,
      seenAt: aws.clock.now(),
    });
  }
}

function clusterFrom(options: {
  readonly cell: CellParts;
  readonly name: string;
  readonly eks: EksCluster | undefined;
}): Cluster {
  const { name, eks } = options;
  const { account, region, refused, aws, run } = options.cell;
  return taggedCluster({
    source: 'eks',
    account: account.id,
    region,
    name,
    tags: eks?.tags ?? {},
    tagPrefix: run.tagPrefix,
    server: eks?.endpoint,
    certificateAuthorityData: eks?.certificateAuthority?.data,
    version: eks?.version,
    status: eks?.status,
    credential: { kind: 'eks', cluster: name, region, ways: waysOf(account, refused) },
    unreachable:
      eks?.endpoint === undefined
        ? `EKS gives it no endpoint yet (status ${eks?.status ?? 'unknown'}). Discover again when it is ACTIVE.`
        : undefined,
    seenAt: aws.clock.now(),
  });
}
