import { type AppError, type ErrorCode, toPlainError } from '../../../model/app-error.ts';
import type { Cluster, ClusterId } from '../../../model/cluster.ts';
import type { Clock } from '../../parts.ts';
import { boundedItems } from '../bounded-pages.ts';
import type { CellOutcome, CellResult, DiscoverySource } from '../discovery-source.ts';
import { reportGone } from '../gone.ts';
import { readAksKubeconfig } from './aks-kubeconfig.ts';
import { readTenant, type Subscription } from './aks-tenant.ts';
import { type AzureParts, homesOf, tenantsOf } from './cli-sessions.ts';
import { type AzureSession, createAzureSessions } from './clients.ts';
import { azureError, notSignedIn } from './errors.ts';

type Discover = Parameters<DiscoverySource['discover']>[0];

/**
 * Azure Kubernetes Service: every subscription of every tenant that this computer's sessions reach. A cell is a
 * subscription in a region where it has, or had, clusters; or in the region `*` if it has none. Without a session there
 * is nothing to read. `tenants` is the organisation's filter: only these, by ID or domain.
 */
export function createAksSource(
  options: AzureParts & { readonly clock: Clock; readonly tenants?: readonly string[] | undefined },
): DiscoverySource {
  const sessionNow = createAzureSessions(options);
  const wanted = options.tenants?.map((name) => name.toLowerCase());
  const domains = new Set(wanted?.filter((name) => !tenantId.test(name)));
  /**
   * The wanted IDs. Those of domains are added once the listing has returned them, so the next run need not wait for
   * it.
   */
  const named = new Set(wanted?.filter((name) => !domains.has(name)));
  /** Clusters completed since the start: a run that began earlier must not drop the details. */
  const completed = new Map<ClusterId, Cluster>();
  return {
    source: 'aks',
    async discover(run) {
      const session = await sessionNow();
      if (session === undefined) return;
      const before = new Map(run.known.map((cluster) => [cluster.id, cluster]));
      const { report, reportFailure, reported, codes } = createReporter(run);
      const reading = new Map<string, Promise<void>>();
      const read = (tenant: string) => {
        if (reading.has(tenant)) return;
        const done = run.onReading?.({ source: 'aks', account: `tenant:${tenant}`, region: '*' });
        const task = readTenant({
          tenant,
          session,
          run,
          report,
          known: (id) => completed.get(id) ?? before.get(id),
          now: options.clock.now,
        })
          .then((failure) => {
            if (failure !== undefined) reportFailure(`tenant:${tenant}`, failure);
          })
          .finally(done);
        reading.set(tenant, task);
        // Awaited below.
        task.catch(() => {});
      };
      // Known tenants need not wait for the list.
      const known = run.known.flatMap(({ credential }) =>
        credential?.kind === 'aks' ? [credential.tenant] : [],
      );
      const isWanted = (tenant: string) => wanted === undefined || named.has(tenant.toLowerCase());
      for (const tenant of [...tenantsOf(session.signIns), ...known]) if (isWanted(tenant)) read(tenant);
      for (const tenant of named) read(tenant);
      let failure: AppError | undefined;
      if (wanted === undefined || domains.size > 0) {
        const missing = new Set(domains);
        const readSeen = async (home: string | undefined) => {
          try {
            for await (const tenant of tenantsSeen(session, home, run.signal)) {
              const ours = tenant.domains.filter((domain) => domains.has(domain));
              if (ours.length > 0) named.add(tenant.id.toLowerCase());
              for (const domain of ours) missing.delete(domain);
              if (isWanted(tenant.id)) read(tenant.id);
            }
          } catch (error) {
            failure ??= azureError({
              error,
              session,
              tenant: undefined,
              action: 'Microsoft.Resources/tenants/read',
              scope: 'your account',
            });
          }
        };
        await Promise.all(homesOf(session.signIns).map(readSeen));
        // If the user does not belong to one, its login says so.
        if (failure === undefined) for (const domain of missing) read(domain);
      }
      await Promise.allSettled(reading.values());
      run.signal.throwIfAborted();
      await Promise.all(reading.values());
      // Unreported subscriptions are gone: their tenants were read completely, or are no longer wanted.
      if (failure === undefined) reportGone(run, ({ account }) => !reported.has(account));
      // Report one line per cause.
      else if (!codes.has(failure.code)) reportFailure('*', failure);
    },
    async complete(cluster, signal) {
      const { credential, certificateAuthorityData } = cluster;
      if (credential?.kind !== 'aks' || certificateAuthorityData !== undefined) return cluster;
      const session = await sessionNow();
      if (session === undefined) throw notSignedIn();
      const { authority } = await readAksKubeconfig({ session, source: credential, signal });
      const whole = {
        ...cluster,
        ...(authority === undefined ? {} : { certificateAuthorityData: authority }),
      };
      completed.set(cluster.id, whole);
      return whole;
    },
  };
}

const tenantId = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Yields the tenants of the account that belongs to a tenant. */
async function* tenantsSeen(
  session: AzureSession,
  home: string | undefined,
  signal: AbortSignal,
): AsyncGenerator<{ readonly id: string; readonly domains: readonly string[] }> {
  const { SubscriptionClient } = await import('@azure/arm-resources-subscriptions');
  const client = new SubscriptionClient(session.credential(home), session.clientOptions);
  for await (const tenant of boundedItems(
    client.tenants.list({ abortSignal: signal }),
    'The list of Azure tenants (Microsoft.Resources/tenants)',
  )) {
    const { tenantId: id, domains = [], defaultDomain = '' } = tenant;
    if (id !== undefined)
      yield { id, domains: [...domains, defaultDomain].map((name) => name.toLowerCase()) };
  }
}

function createReporter(run: Discover) {
  const listed = new Set<string>();
  const before = Map.groupBy(run.known, ({ account }) => account);
  const codes = new Set<ErrorCode>();
  const reported = new Set<string>();
  const names = new Map(run.cells.map(({ account, accountName }) => [account, accountName]));
  const reportCell = (cell: Omit<CellResult['cell'], 'source'>, outcome: CellOutcome) => {
    run.signal.throwIfAborted();
    if (outcome.kind === 'failed') codes.add(outcome.error.code);
    run.onCell({ cell: { source: 'aks', ...cell }, outcome });
  };
  return {
    /** The subscriptions that were reported. */
    reported: reported as ReadonlySet<string>,
    /** The codes of the failures that were reported. */
    codes: codes as ReadonlySet<ErrorCode>,
    /** Reports the regions of a subscription. If two tenants reach it, one that cannot read it is ignored. */
    report(
      { id: subscription, name }: Subscription,
      outcome: Extract<CellOutcome, { kind: 'listed' | 'failed' }>,
    ) {
      reported.add(subscription);
      if (listed.has(subscription)) return;
      const accountName = name ?? names.get(subscription);
      const named = accountName === undefined ? {} : { accountName };
      if (outcome.kind === 'listed') listed.add(subscription);
      const found = Map.groupBy(outcome.clusters ?? [], ({ region }) => region);
      const known = (before.get(subscription) ?? []).map(({ region }) => region);
      const regions = new Set([...known, ...found.keys()]);
      if (regions.size === 0) regions.add('*');
      run.onPlanned(regions.size);
      for (const region of regions) {
        const clusters = (found.get(region) ?? []).map((cluster) => ({ ...cluster, ...named }));
        reportCell({ account: subscription, ...named, region }, { ...outcome, clusters });
      }
    },
    /** Reports a failure that belongs to no subscription. */
    reportFailure(account: string, error: AppError) {
      run.onPlanned(1);
      reportCell({ account, region: '*' }, { kind: 'failed', error: toPlainError(error) });
    },
  };
}
