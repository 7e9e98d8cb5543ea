import { setImmediate } from 'node:timers/promises';
import type { QueryResponse } from '@azure/arm-resourcegraph';
import pLimit from 'p-limit';
import { AppError, toPlainError } from '../../../model/app-error.ts';
import type { Cluster, ClusterId } from '../../../model/cluster.ts';
import { boundedItems, boundedPages } from '../bounded-pages.ts';
import type { CellOutcome, DiscoverySource } from '../discovery-source.ts';
import {
  type AksReading,
  aksCluster,
  clustersQuery,
  readingOf,
  readingOfRow,
  subscriptionOf,
} from './aks-cluster.ts';
import type { AzureSession } from './clients.ts';
import { azureError, statusOf } from './errors.ts';

const pageSize = 1_000;
/** The limit if each subscription is read separately. */
const subscriptionsAtOnce = 16;

export interface Subscription {
  readonly id: string;
  readonly name?: string | undefined;
}

export interface TenantParts {
  readonly tenant: string;
  readonly session: AzureSession;
  readonly run: Parameters<DiscoverySource['discover']>[0];
  known(id: ClusterId): Cluster | undefined;
  now(): number;
  /** Reports the result of a whole subscription. `name` is its display name, if known. */
  report(subscription: Subscription, outcome: Extract<CellOutcome, { kind: 'listed' | 'failed' }>): void;
}

type Failed = Extract<CellOutcome, { kind: 'failed' }>;

/**
 * Reads every subscription of a tenant with one query of Resource Graph, page by page; if that is denied or down, lists
 * each subscription. Returns the failure if it left no subscription to report; rejects if the run was cancelled.
 */
export async function readTenant(parts: TenantParts): Promise<AppError | undefined> {
  const { tenant, session, run, report } = parts;
  const asking = subscriptionsOf(parts);
  // Awaited when the clusters are read.
  asking.catch(() => {});
  const reported = new Set<string>();
  const read = new Map<string, Cluster[]>();
  const finish = async (id: string, outcome: Parameters<typeof report>[1]) => {
    reported.add(id);
    // Requested together with the first page, and rarely slower. Without the names the clusters are reported anyway.
    report({ id, name: (await asking.catch(() => undefined))?.get(id) }, outcome);
  };
  let failure: AppError | undefined;
  try {
    for await (const page of boundedPages(pagesOf(parts), {
      list: `The list of AKS clusters of tenant ${tenant} (Microsoft.ResourceGraph/resources)`,
      next: ({ skipToken }) => skipToken,
    })) {
      for (const reading of page.readings) {
        const subscription = subscriptionOf(reading);
        const clusters = read.get(subscription) ?? [];
        read.set(subscription, clusters);
        clusters.push(clusterOf(parts, reading));
      }
      const last = page.readings.at(-1);
      // More clusters of the last subscription may follow; those before it are complete.
      const unfinished = last === undefined ? undefined : subscriptionOf(last);
      for (const [subscription, clusters] of read) {
        if (subscription === unfinished || reported.has(subscription)) continue;
        await finish(subscription, { kind: 'listed', clusters });
      }
    }
  } catch (error) {
    run.signal.throwIfAborted();
    if (read.size === 0 && isUnavailable(error)) return readEach(parts, asking);
    failure = azureError({
      error,
      session,
      tenant,
      action: 'Microsoft.ResourceGraph/resources',
      scope: `tenant ${tenant}`,
    });
  }
  const [asked] = await Promise.allSettled([asking]);
  run.signal.throwIfAborted();
  const subscriptions = new Set([
    ...read.keys(),
    ...(asked.status === 'fulfilled' ? asked.value.keys() : []),
  ]);
  for (const subscription of subscriptions) {
    if (reported.has(subscription)) continue;
    const clusters = read.get(subscription) ?? [];
    await finish(
      subscription,
      failure === undefined
        ? { kind: 'listed', clusters }
        : { kind: 'failed', error: toPlainError(failure), clusters },
    );
  }
  // If not all were reported, the missing ones may still exist: do not remove them.
  const doubt = failure ?? (asked.status === 'rejected' ? (asked.reason as AppError) : undefined);
  return doubt === undefined ? undefined : reportKnown(parts, reported, doubt);
}

/** Reports a failure for the tenant's subscriptions in the catalog; returns it if nothing was reported at all. */
function reportKnown(
  parts: TenantParts,
  reported: ReadonlySet<string>,
  error: AppError,
): AppError | undefined {
  const { tenant, run, report } = parts;
  const known = new Set(
    run.known.flatMap(({ account, credential }) =>
      credential?.kind === 'aks' && credential.tenant === tenant && !reported.has(account) ? [account] : [],
    ),
  );
  for (const id of known) report({ id }, failed(error));
  // A faulty server is reported even if other lists were complete.
  return reported.size + known.size === 0 || error.code === 'answer-refused' ? error : undefined;
}

/** Yields the pages of Resource Graph; requests the next one before it yields a page. */
async function* pagesOf({ session, tenant, run }: TenantParts): AsyncGenerator<{
  readonly readings: readonly AksReading[];
  readonly skipToken: string | undefined;
}> {
  const { ResourceGraphClient } = await import('@azure/arm-resourcegraph');
  const client = new ResourceGraphClient(session.credential(tenant), session.clientOptions);
  const ask = (skipToken?: string): Promise<QueryResponse> => {
    const options = { resultFormat: 'objectArray', top: pageSize, ...(skipToken && { skipToken }) } as const;
    const answer = client.resources({ query: clustersQuery, options }, { abortSignal: run.signal });
    // Awaited in its turn.
    answer.catch(() => {});
    return answer;
  };
  for (let asked: Promise<QueryResponse> | undefined = ask(); asked !== undefined; ) {
    const { data, skipToken, resultTruncated }: QueryResponse = await asked;
    asked = skipToken === undefined ? undefined : ask(skipToken);
    // Let the request go out first, and not after the work on this page.
    if (asked !== undefined) await setImmediate();
    // Rows were left out, and cannot be requested: the list is not complete.
    if (resultTruncated === 'true' && skipToken === undefined) {
      throw new AppError('azure-failed', `Resource Graph left out clusters of tenant ${tenant}.`, {
        retryable: true,
      });
    }
    yield { readings: (data as readonly unknown[]).map(readingOfRow), skipToken };
  }
}

/**
 * Returns whether Resource Graph is denied, or down after several attempts: the resource provider may answer anyway.
 */
function isUnavailable(error: unknown): boolean {
  const status = statusOf(error);
  return status !== undefined && (status === 400 || status === 403 || status === 404 || status >= 500);
}

/** Lists every subscription that the user may see, with its name. */
async function subscriptionsOf({
  session,
  tenant,
  run,
}: TenantParts): Promise<ReadonlyMap<string, string | undefined>> {
  const { SubscriptionClient } = await import('@azure/arm-resources-subscriptions');
  const client = new SubscriptionClient(session.credential(tenant), session.clientOptions);
  const names = new Map<string, string | undefined>();
  try {
    for await (const one of boundedItems(
      client.subscriptions.list({ abortSignal: run.signal }),
      `The list of Azure subscriptions of tenant ${tenant} (Microsoft.Resources/subscriptions)`,
    )) {
      if (one.subscriptionId !== undefined)
        names.set(one.subscriptionId.toLowerCase(), one.displayName || undefined);
    }
  } catch (error) {
    throw azureError({
      error,
      session,
      tenant,
      action: 'Microsoft.Resources/subscriptions/read',
      scope: `tenant ${tenant}`,
    });
  }
  return names;
}

async function readEach(
  parts: TenantParts,
  asking: Promise<ReadonlyMap<string, string | undefined>>,
): Promise<AppError | undefined> {
  const { run, report } = parts;
  let subscriptions: ReadonlyMap<string, string | undefined>;
  try {
    subscriptions = await asking;
  } catch (error) {
    run.signal.throwIfAborted();
    return reportKnown(parts, new Set(), error as AppError);
  }
  const limit = pLimit(subscriptionsAtOnce);
  await Promise.all(
    [...subscriptions].map(([id, name]) =>
      limit(async () => {
        const outcome = await readSubscription(parts, id);
        run.signal.throwIfAborted();
        report({ id, name }, outcome);
      }),
    ),
  );
  return undefined;
}

async function readSubscription(
  parts: TenantParts,
  subscription: string,
): Promise<Extract<CellOutcome, { kind: 'listed' | 'failed' }>> {
  const { session, tenant, run } = parts;
  const clusters: Cluster[] = [];
  try {
    run.signal.throwIfAborted();
    const { ContainerServiceClient } = await import('@azure/arm-containerservice');
    const client = new ContainerServiceClient(
      session.credential(tenant),
      subscription,
      session.clientOptions,
    );
    for await (const cluster of boundedItems(
      client.managedClusters.list({ abortSignal: run.signal }),
      `The list of AKS clusters of subscription ${subscription} (Microsoft.ContainerService/managedClusters)`,
    )) {
      clusters.push(clusterOf(parts, readingOf(cluster)));
    }
    return { kind: 'listed', clusters };
  } catch (error) {
    const action = 'Microsoft.ContainerService/managedClusters/read';
    const scope = `subscription ${subscription}`;
    return { ...failed(azureError({ error, session, tenant, action, scope })), clusters };
  }
}

function clusterOf({ tenant, run, known, now }: TenantParts, reading: AksReading): Cluster {
  return aksCluster({ reading, tenant, tagPrefix: run.tagPrefix, known, seenAt: now() });
}

function failed(error: AppError): Failed {
  return { kind: 'failed', error: toPlainError(error) };
}
