import { isDeepStrictEqual } from 'node:util';
import { type PlainError, toPlainError } from '../../../model/app-error.ts';
import { type Cluster, cellId } from '../../../model/cluster.ts';
import type { Organisation } from '../../../model/organisation.ts';
import type { PublishedCatalogView } from '../../../model/published-catalog-view.ts';
import type { Network } from '../../network/network.ts';
import type { Clock, Logger } from '../../parts.ts';
import type { CellResult, DiscoverySource } from '../discovery-source.ts';
import { createAcceptedCatalogs, isFresh } from './accepted-catalog.ts';
import { askCatalog, type CatalogAccess } from './ask-catalog.ts';
import { staleAt } from './verify-catalog.ts';

type Run = Pick<Parameters<DiscoverySource['discover']>[0], 'signal' | 'asked'>;

/** The rules of the organisation's configuration; undefined if it has no catalog. */
export type CatalogRules = NonNullable<NonNullable<Organisation['sources']>['catalog']>;

/** The clusters that the catalog lists in a location. */
export interface PublishedCell {
  readonly cell: CellResult['cell'];
  readonly clusters: readonly Cluster[];
}

/** The catalog that a run of discovery uses. */
export interface Published {
  /** By their ids. */
  readonly cells: ReadonlyMap<string, PublishedCell>;
  /** When it was published, ms since the epoch. */
  readonly publishedAt: number;
  readonly isFresh: boolean;
}

/** The organisation's catalog of clusters, which a Worker serves behind Cloudflare Access. */
export interface OrganisationCatalog {
  rules(): CatalogRules | undefined;
  /** Returns the last catalog that was accepted, without a request. */
  current(): Promise<Published | undefined>;
  /**
   * Asks the Worker, once for each run of discovery, and returns what applies then: where it cannot be asked or its
   * answer is refused, the last one that was accepted. A browser may open if the user asked for the run. Rejects only if
   * the run is cancelled.
   */
  refresh(run: Run): Promise<Published | undefined>;
  /** Reports the result of asking as the location of the catalog itself. */
  readonly source: DiscoverySource;
  /** Returns whether the last request failed because the user is not signed in to Access. */
  needsSession(): boolean;
}

export function createOrganisationCatalog(options: {
  /** Our state folder. */
  readonly folder: string;
  readonly network: Pick<Network, 'request'>;
  readonly clock: Pick<Clock, 'now'>;
  readonly logger: Logger;
  readonly organisation: () => Organisation | undefined;
  /** Resolves when the agent can sign in to Access. */
  readonly access: Promise<CatalogAccess>;
  readonly notice: (message: string) => void;
  readonly onChange: (view: PublishedCatalogView | undefined) => void;
}): OrganisationCatalog {
  const { network, clock, logger, organisation, onChange } = options;
  const catalogs = createAcceptedCatalogs(options);
  const rules = () => organisation()?.sources?.catalog;
  /** By the signal of a run: its sources share one request. */
  const running = new WeakMap<AbortSignal, Promise<PlainError | undefined>>();
  let error: PlainError | undefined;
  let shown: PublishedCatalogView | undefined;

  const show = async () => {
    const current = rules();
    const accepted = current && (await catalogs.current(current.publicKeys));
    const view: PublishedCatalogView | undefined = current && {
      mode: current.mode,
      ...(accepted === undefined
        ? {}
        : {
            accepted: {
              revision: accepted.manifest.revision,
              publishedAt: Date.parse(accepted.manifest.publishedAt),
              staleAt: staleAt(accepted.manifest),
              clusters: accepted.clusters.length,
            },
          }),
      ...(error === undefined ? {} : { error }),
    };
    if (isDeepStrictEqual(view, shown)) return;
    shown = view;
    onChange(view);
  };

  const ask = async ({ url, publicKeys }: CatalogRules, { signal, asked }: Run) => {
    try {
      const answered = await askCatalog({
        url,
        etag: await catalogs.etag({ url, publicKeys }),
        network,
        access: await options.access,
        interactive: asked,
        signal,
      });
      await catalogs.accept(answered, { url, publicKeys });
      error = undefined;
    } catch (cause) {
      signal.throwIfAborted();
      error = toPlainError(cause);
      logger.warn("The organisation's catalog was not refreshed", { error });
    }
    await show();
    return error;
  };
  const askOnce = (current: CatalogRules, run: Run) => {
    const known = running.get(run.signal) ?? ask(current, run);
    running.set(run.signal, known);
    return known;
  };

  const current: OrganisationCatalog['current'] = async () => {
    const { publicKeys } = rules() ?? {};
    const accepted = publicKeys && (await catalogs.current(publicKeys));
    if (accepted === undefined) return undefined;
    const fresh = isFresh(accepted, clock.now());
    return {
      cells: cellsOf(accepted.clusters, !fresh),
      publishedAt: Date.parse(accepted.manifest.publishedAt),
      isFresh: fresh,
    };
  };

  // The last catalog is shown before the first request.
  void show();

  return {
    rules,
    current,
    async refresh(run) {
      const asked = rules();
      if (asked === undefined) return undefined;
      await askOnce(asked, run);
      return current();
    },
    needsSession: () => error?.code === 'access-login-needed',
    source: {
      source: 'catalog',
      async discover(run) {
        const asked = rules();
        if (asked === undefined) return show();
        const cell = { source: 'catalog', account: new URL(asked.url).host, region: '*' } as const;
        run.onPlanned(1);
        const done = run.onReading?.(cell);
        const failure = await askOnce(asked, run).finally(done);
        run.signal.throwIfAborted();
        const accepted = await current();
        const problem = failure ?? (accepted?.isFresh === false ? outdated(accepted) : undefined);
        run.onCell({
          cell,
          outcome:
            problem === undefined ? { kind: 'listed', clusters: [] } : { kind: 'failed', error: problem },
        });
      },
    },
  };
}

function outdated({ publishedAt }: Published): PlainError {
  return {
    code: 'answer-refused',
    message: `The organisation's catalog was last published at ${new Date(publishedAt).toISOString()}, and is no longer fresh.`,
    hint: 'Ask who publishes it. Its clusters are shown as they were then.',
    retryable: true,
  };
}

function cellsOf(clusters: readonly Cluster[], stale: boolean): ReadonlyMap<string, PublishedCell> {
  const grouped = Map.groupBy(clusters, ({ source, account, region }) => cellId(source, account, region));
  return new Map(
    [...grouped].map(([id, group]) => {
      const [{ source, account, accountName, region } = group[0] as Cluster] = group;
      const cell = {
        source,
        account,
        ...(accountName === undefined ? {} : { accountName }),
        region,
        published: true,
      } as const;
      return [id, { cell, clusters: stale ? group.map((one) => ({ ...one, stale })) : group }];
    }),
  );
}
