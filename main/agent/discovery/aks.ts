import { type AppError, type ErrorCode, toPlainError } from '../app-error.ts';
import type { Cluster, ClusterId } from '../catalog/cluster.ts';
import type { Clock } from '../parts.ts';
import { readAksKubeconfig } from './aks-kubeconfig.ts';
import { readTenant } from './aks-tenant.ts';
import { type AzureSession, createAzureSessions } from './azure-clients.ts';
import { azureError, notSignedIn } from './azure-errors.ts';
import { type AzurePlaces, tenantsOf } from './azure-sign-in.ts';
import type { CellOutcome, DiscoverySource } from './source.ts';

type Discover = Parameters<DiscoverySource['discover']>[0];

/**
 * Azure Kubernetes Service: every subscription of every tenant that the sign-ins of this computer reach. A cell is a
 * subscription in a region where it has, or had, clusters; in the region `*` where it has none. Without a sign-in
 * there is nothing to read.
 */
export function createAksSource(options: AzurePlaces & { readonly clock: Clock }): DiscoverySource {
  const sessionNow = createAzureSessions(options);
  /** Completed since the start: a run that had begun before must not forget it. */
  const completed = new Map<ClusterId, Cluster>();
  return {
    source: 'aks',
    async discover(run) {
      const session = await sessionNow();
      if (session === undefined) return;
      const before = new Map(run.known.map((cluster) => [cluster.id, cluster]));
      const { tell, tellPlace, codes } = teller(run);
      const reading = new Map<string, Promise<void>>();
      const read = (tenant: string) => {
        if (reading.has(tenant)) return;
        const task = readTenant({
          tenant,
          session,
          run,
          tell,
          known: (id) => completed.get(id) ?? before.get(id),
          now: options.clock.now,
        }).then((failure) => {
          if (failure !== undefined) tellPlace(`tenant:${tenant}`, failure);
        });
        reading.set(tenant, task);
        // Awaited below.
        task.catch(() => {});
      };
      // Those that are known already need not wait for the list.
      const known = run.known.flatMap(({ credential }) =>
        credential?.kind === 'aks' ? [credential.tenant] : [],
      );
      for (const tenant of [...tenantsOf(session.signIns), ...known]) read(tenant);
      let failure: AppError | undefined;
      try {
        for await (const tenant of tenantsSeen(session, run.signal)) read(tenant);
      } catch (error) {
        failure = azureError({
          error,
          session,
          tenant: undefined,
          action: 'Microsoft.Resources/tenants/read',
          place: 'your account',
        });
      }
      await Promise.allSettled(reading.values());
      run.signal.throwIfAborted();
      await Promise.all(reading.values());
      // One line is enough for what has one cause.
      if (failure !== undefined && !codes.has(failure.code)) tellPlace('*', failure);
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

async function* tenantsSeen(session: AzureSession, signal: AbortSignal): AsyncGenerator<string> {
  const { SubscriptionClient } = await import('@azure/arm-resources-subscriptions');
  // Any of them will do; that of the first tenant is asked for anyway.
  const [tenant] = tenantsOf(session.signIns);
  const client = new SubscriptionClient(session.credential(tenant), session.clientOptions);
  for await (const { tenantId } of client.tenants.list({ abortSignal: signal })) {
    if (tenantId !== undefined) yield tenantId;
  }
}

function teller(run: Discover) {
  const listed = new Set<string>();
  const before = Map.groupBy(run.known, ({ account }) => account);
  const codes = new Set<ErrorCode>();
  const tellCell = (account: string, region: string, outcome: CellOutcome) => {
    run.signal.throwIfAborted();
    if (outcome.kind === 'failed') codes.add(outcome.error.code);
    run.onCell({ cell: { source: 'aks', account, region }, outcome });
  };
  return {
    /** Of the failures that were told. */
    codes: codes as ReadonlySet<ErrorCode>,
    /** Tells the regions of a subscription. Where two tenants lead to it, one that cannot read it says nothing. */
    tell(subscription: string, outcome: Extract<CellOutcome, { kind: 'listed' | 'failed' }>) {
      if (listed.has(subscription)) return;
      if (outcome.kind === 'listed') listed.add(subscription);
      const found = Map.groupBy(outcome.clusters ?? [], ({ region }) => region);
      const known = (before.get(subscription) ?? []).map(({ region }) => region);
      const regions = new Set([...known, ...found.keys()]);
      if (regions.size === 0) regions.add('*');
      run.onPlanned(regions.size);
      for (const region of regions) {
        tellCell(subscription, region, { ...outcome, clusters: found.get(region) ?? [] });
      }
    },
    /** Tells a failure of what is no subscription. */
    tellPlace(account: string, error: AppError) {
      run.onPlanned(1);
      tellCell(account, '*', { kind: 'failed', error: toPlainError(error) });
    },
  };
}
