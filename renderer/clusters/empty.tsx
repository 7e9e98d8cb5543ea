import { LoaderCircle } from 'lucide-react';
import { type ReactNode, useEffect, useState } from 'react';
import { isFailed } from '../../main/model/is-failed.ts';
import { accountsText } from '../accounts/text.ts';
import { useActions, useAgent } from '../agent/page.tsx';
import { agentText } from '../agent/text.ts';
import { LinkedText } from '../controls/linked-text.tsx';
import { clustersText } from './text.ts';
import './empty.css';
import type { Filter } from './filters.ts';
import { suggestion } from './search.ts';

const typingPauseMs = 200;
const sources = ['eks', 'gke', 'aks', 'vault', 'file'] as const;

function Blank({ title, children }: { readonly title: string; readonly children?: ReactNode }) {
  return (
    <main className="blank">
      <div>
        <h1>{title}</h1>
        {children}
      </div>
    </main>
  );
}

/** Shown while no cluster is known: discovery is running or found none. */
export function NoClusters({
  onAccounts,
  onSetUp,
}: {
  readonly onAccounts: () => void;
  readonly onSetUp: () => void;
}) {
  const isRunning = useAgent(({ discovery }) => discovery.status === 'running');
  const { discover } = useActions();
  const organisation = useAgent((agent) => agent.organisation);
  const off = new Set<string>(organisation?.off);
  if (isRunning)
    return (
      <Blank title={clustersText.loading.title}>
        <p>{clustersText.loading.body}</p>
        <LoaderCircle className="spinner" size={20} aria-hidden />
      </Blank>
    );
  return (
    <Blank title={clustersText.empty.title}>
      <p>{clustersText.empty.body}</p>
      <ul className="places-to-look">
        {sources
          .filter((source) => !off.has(source))
          .map((source) => {
            const [place, where] = clustersText.empty.locations[source];
            return (
              <li key={place}>
                <b>{place}</b>
                <small>{where}</small>
              </li>
            );
          })}
      </ul>
      <div className="actions">
        <button type="button" className="button primary" onClick={() => void discover()}>
          {clustersText.empty.discover}
        </button>
        <button type="button" className="button" onClick={onAccounts}>
          {accountsText.signIn}
        </button>
        <button type="button" className="button" onClick={onSetUp}>
          {clustersText.empty.setUp}
        </button>
      </div>
    </Blank>
  );
}

/** Shown for a query without matches: suggests a title and mentions failed locations. */
export function NoHits({
  query,
  filters,
  onQuery,
  onFilters,
}: {
  readonly query: string;
  readonly filters: readonly Filter[];
  readonly onQuery: (query: string) => void;
  readonly onFilters: (filters: readonly Filter[]) => void;
}) {
  const clusters = useAgent((agent) => agent.clusters);
  const cells = useAgent((agent) => agent.cells);
  const failed = [...cells.values()].filter(isFailed).length;
  const [near, setNear] = useState<{ readonly query: string; readonly title: string | undefined }>();
  // Searching thousands of titles would block typing.
  useEffect(() => {
    const timer = setTimeout(
      () => setNear({ query, title: query === '' ? undefined : suggestion(query, clusters.values()) }),
      typingPauseMs,
    );
    return () => clearTimeout(timer);
  }, [query, clusters]);
  const meant = near?.query === query ? near.title : undefined;
  const isFiltered = filters.length > 0;
  const title =
    query === ''
      ? clustersText.noHits.filtered
      : (isFiltered ? clustersText.noHits.queryFiltered : clustersText.noHits.title)(query);
  return (
    <Blank title={title}>
      {meant !== undefined && (
        <p>
          {clustersText.noHits.didYouMean}
          <button type="button" className="link-button" onClick={() => onQuery(meant)}>
            {meant}
          </button>
          ?
        </p>
      )}
      {failed > 0 && <p>{clustersText.noHits.partial(failed)}</p>}
      <div className="actions">
        {query !== '' && (
          <button type="button" className="button" onClick={() => onQuery('')}>
            {clustersText.noHits.clear}
          </button>
        )}
        {isFiltered && (
          <button type="button" className="button" onClick={() => onFilters([])}>
            {clustersText.noHits.clearFilters}
          </button>
        )}
      </div>
    </Blank>
  );
}

/** Shown before the first snapshot, or if the agent cannot start. */
export function NoAgent({
  title,
  hint,
  onRetry,
}: {
  readonly title: string;
  readonly hint?: string;
  readonly onRetry?: () => void;
}) {
  return (
    <Blank title={title}>
      {hint === undefined ? (
        <LoaderCircle className="spinner" size={20} aria-hidden />
      ) : (
        <p>
          <LinkedText>{hint}</LinkedText>
        </p>
      )}
      {onRetry !== undefined && (
        <div className="actions">
          <button type="button" className="button" onClick={onRetry}>
            {agentText.link.again}
          </button>
        </div>
      )}
    </Blank>
  );
}
