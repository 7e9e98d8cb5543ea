import { AppError, toPlainError } from '../../model/app-error.ts';
import type { Cluster } from '../../model/cluster.ts';
import { namespaceOf } from '../../model/entry-form.ts';
import { isProduction } from '../../model/is-production.ts';
import { workloadKinds } from '../../model/workload-kinds.ts';
import type { Activity } from '../activity/activity.ts';
import type { Agent } from '../agent.ts';
import type { Caller } from '../callers/caller.ts';
import type { Callers } from '../callers/callers.ts';
import type { Catalog } from '../catalog/catalog.ts';
import { align, type Column } from '../compare/align.ts';
import { createApiReader } from '../compare/api-reader.ts';
import { readFacts } from '../compare/cluster-facts.ts';
import type { Borrow } from '../connections/borrow.ts';
import type { Try } from '../connections/open-one.ts';
import { createAnswerBudget } from '../network/answer-budget.ts';
import { withAccessRequest } from '../organisation/access-request.ts';
import type { Clock } from '../parts.ts';
import type { Clusters } from './clusters.ts';

/** How long reading one cluster may take, once its tunnel is open. */
const readingMs = 30_000;
/** The memory of all answers that are being read, of all comparisons. */
const budgetBytes = 192 * 1024 * 1024;

/**
 * Compares clusters: opens their tunnels for as long as it takes, reads all of them at the same time with nothing but GET,
 * and puts the results side by side. A cluster that cannot be read is a column with the reason.
 */
export function compareOperation(options: {
  readonly clusters: Pick<Clusters, 'find'>;
  readonly catalog: Pick<Catalog, 'find'>;
  readonly callers: Pick<Callers<Pick<Caller, 'credentials' | 'discovery'>>, 'of'>;
  readonly connections: Borrow;
  /** Resolves when everything that was open before the start is open again or has failed. */
  readonly restored: Promise<void>;
  readonly activity: Pick<Activity, 'during'>;
  readonly accessRequest: () => string | undefined;
  readonly clock: Clock;
}): Agent['compare'] {
  const { clusters, catalog, callers, connections, restored, activity, accessRequest, clock } = options;
  const budget = createAnswerBudget(budgetBytes);

  /** Calls `work` with a signal that ends with the caller's, or with `timeout` after the limit. */
  const limited = async <T>(
    title: string,
    signal: AbortSignal,
    work: (signal: AbortSignal) => Promise<T>,
  ) => {
    const limit = new AbortController();
    const cancel = clock.timer(readingMs, () =>
      limit.abort(
        new AppError('timeout', `${title} could not be read within ${readingMs / 1000} s.`, {
          hint: 'Try again, or compare one kind of workload.',
          retryable: true,
        }),
      ),
    );
    try {
      return await work(AbortSignal.any([signal, limit.signal]));
    } finally {
      cancel();
    }
  };

  return async ({ clusters: asked, kind, production, environment, signal }) => {
    await restored;
    const { credentials, discovery } = callers.of(environment);
    const words = asked.map(({ cluster }) => cluster);
    const listed = await clusters.find(words, discovery);
    if (listed.length < asked.length) throw sameTwice(words, catalog);
    // The agent may not see the details of what only a shell has the variables for.
    const found =
      discovery === undefined
        ? listed
        : await Promise.all(listed.map((one) => discovery.complete(one, signal).catch(() => one)));
    const namespaces = new Map(asked.map(({ cluster, namespace }) => [catalog.find(cluster).id, namespace]));
    const namespaceIn = (cluster: Cluster) => namespaces.get(cluster.id) ?? namespaceOf(cluster) ?? 'default';

    const read = async (opened: Try): Promise<Column['read']> => {
      const { cluster } = opened;
      const { title } = cluster;
      try {
        if (opened.kind === 'failed') throw opened.error;
        const facts = await limited(title, signal, async (within) => {
          const reader = createApiReader({
            clock,
            credentials,
            budget,
            cluster: discovery?.own(cluster) ?? cluster,
            tunnel: opened.tunnel,
          });
          const namespace = namespaceIn(cluster);
          const kinds = kind === undefined ? workloadKinds : [kind];
          try {
            return await readFacts(reader, {
              namespace,
              kinds,
              server: `The API server of ${title}`,
              signal: within,
            });
          } finally {
            reader.close();
          }
        });
        return { facts };
      } catch (error) {
        return { error: withAccessRequest(toPlainError(error), accessRequest()) };
      }
    };
    const columns = await activity.during(
      found.map(({ id }) => id),
      () =>
        connections.borrow({ clusters: found, production, signal }, async (opened): Promise<Column> => {
          const { cluster } = opened;
          return {
            about: {
              cluster: cluster.id,
              title: cluster.title,
              namespace: namespaceIn(cluster),
              ...(isProduction(cluster) ? { production: true } : {}),
            },
            read: await read(opened),
          };
        }),
    );
    if (signal.aborted) throw new AppError('cancelled', 'Cancelled. Nothing was changed.');
    return align(columns);
  };
}

function sameTwice(words: readonly string[], catalog: Pick<Catalog, 'find'>): AppError {
  const ids = words.map((word) => catalog.find(word).id);
  const word = words.find((_, at) => ids.indexOf(ids[at] as Cluster['id']) < at);
  return new AppError('bad-input', `${word} names a cluster that was given before.`, {
    hint: 'Give each cluster once.',
  });
}
