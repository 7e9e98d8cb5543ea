import { isDeepStrictEqual } from 'node:util';
import type { ActivityDraft } from '../../model/activity-entry.ts';
import type { Change, Snapshot } from '../../model/agent-view.ts';
import type { ErrorCode } from '../../model/app-error.ts';
import type { Cell, ClusterId } from '../../model/cluster.ts';
import { isFailed } from '../../model/is-failed.ts';
import type { LoginProviderKind } from '../../model/login-providers.ts';

/** Errors that mean that the session for a location has ended. */
const endings: Partial<Record<ErrorCode, LoginProviderKind>> = {
  'aws-session-expired': 'aws',
  'azure-session-expired': 'azure',
  'gcp-session-expired': 'gcp',
};

/** How many new or removed clusters are named by title. */
const namedAtMost = 5;

/** Reports the result of a discovery run at its end, and keeps the titles of clusters. */
export function createDiscoveryObserver(from: Pick<Snapshot, 'clusters' | 'cells' | 'discovery'>): {
  titleOf(id: ClusterId): string;
  hearCatalog(change: Extract<Change, { kind: 'catalog' }>): void;
  /** Handles the status of a run. A run with the same result as the last is reported only if the user requested it. */
  hearStatus(status: Snapshot['discovery'], isAsked: boolean): readonly ActivityDraft[];
} {
  const titles = new Map(from.clusters.map(({ id, title }) => [id, title]));
  const cells = new Map<string, Cell>(from.cells.map((cell) => [cell.id, cell]));
  let finishedAt = from.discovery.status === 'idle' ? from.discovery.finishedAt : undefined;
  let last: ActivityDraft | undefined;
  let added = new Set<ClusterId>();
  let gone = new Map<ClusterId, string>();
  let ended = new Map<LoginProviderKind, string>();

  const hearCell = (cell: Cell) => {
    const before = cells.get(cell.id);
    cells.set(cell.id, cell);
    const provider = cell.error && endings[cell.error.code];
    const wasRead = before?.readAt !== undefined && before.error === undefined;
    if (provider !== undefined && wasRead) ended.set(provider, cell.error?.message ?? '');
  };

  return {
    titleOf: (id) => titles.get(id) ?? id,
    hearCatalog({ upserted, removed, cells: read, removedCells }) {
      for (const { id, title } of upserted) {
        if (!titles.has(id) && !gone.delete(id)) added.add(id);
        titles.set(id, title);
      }
      for (const id of removed) {
        if (!added.delete(id)) gone.set(id, titles.get(id) ?? id);
        titles.delete(id);
      }
      for (const id of removedCells) cells.delete(id);
      for (const cell of read) hearCell(cell);
    },
    hearStatus(status, isAsked) {
      // A cancelled run has not finished: its result is reported with the next one.
      if (status.status === 'running' || status.finishedAt === finishedAt) return [];
      finishedAt = status.finishedAt;
      const locations = [...cells.values()];
      const draft: ActivityDraft = {
        kind: 'discovery',
        clusters: titles.size,
        added: some([...added].map((id) => titles.get(id) ?? id)),
        gone: some([...gone.values()]),
        places: locations.length,
        failed: locations.filter(isFailed).length,
      };
      const endings = [...ended].map(
        ([provider, message]): ActivityDraft => ({ kind: 'sign-in-ended', provider, message }),
      );
      added = new Set();
      gone = new Map();
      ended = new Map();
      const isNews = isAsked || !isDeepStrictEqual(draft, last);
      last = { ...draft, added: some([]), gone: some([]) };
      return isNews ? [...endings, draft] : endings;
    },
  };
}

function some(titles: readonly string[]): { count: number; titles: string[] } {
  return { count: titles.length, titles: titles.toSorted().slice(0, namedAtMost) };
}
