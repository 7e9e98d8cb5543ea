import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Snapshot } from '../../model/agent-view.ts';
import type { ClusterId } from '../../model/cluster.ts';
import { completionFile, isAccountFile, runsFile, version } from './catalog-layout.ts';

/** The slices that `list` shows. */
export type Known = Pick<Snapshot, 'clusters' | 'cells' | 'tunnels' | 'kept' | 'favourites' | 'policies'> & {
  /** The template of context names. */
  readonly template?: string | undefined;
};

/**
 * Returns what the last agent left in the state folder, for commands that only list while no agent runs: 10,000
 * clusters in a tenth of the time that an agent takes to start. Returns undefined if the user expects a refresh, or if
 * a file differs from what an agent of this version writes: an agent then checks everything by its schema.
 */
export function readAtRest(state: string, now: number): Known | undefined {
  const folder = path.join(state, 'catalog');
  try {
    const { version: written, finishedAt, freshUntil } = JSON.parse(textOf(path.join(folder, runsFile)));
    if (written !== version || !(finishedAt <= now && now < freshUntil)) return undefined;
    const known = accountsIn(folder);
    const cells = known.flatMap((account) => account.cells);
    if (cells.some(({ error }) => error?.retryable === true)) return undefined;
    const clusters = known.flatMap((account) => account.clusters);
    const policies = dataIn<{ policy: Known['policies'][number] }>(path.join(state, 'policies.json'));
    // Includes those that were open when the agent was killed: kubectl starts the next agent.
    const entries = dataIn<{ cluster: ClusterId }>(path.join(state, 'connections.json'));
    return {
      clusters,
      cells,
      tunnels: [],
      kept: entries.map(({ cluster }) => cluster),
      template: templateIn(path.join(state, completionFile)),
      favourites: [...dataIn<ClusterId>(path.join(state, 'favourites.json'))],
      policies: policies.map(({ policy }) => policy),
    };
  } catch {
    return undefined;
  }
}

/** Returns the clusters that the last agent knew, however old; none if they cannot be read. */
export function clustersAtRest(state: string): Known['clusters'] {
  try {
    return accountsIn(path.join(state, 'catalog')).flatMap(({ clusters }) => clusters);
  } catch {
    return [];
  }
}

function accountsIn(folder: string) {
  const accounts = readdirSync(folder).filter(isAccountFile).sort();
  return accounts.map((name) => accountFrom(readFileSync(path.join(folder, name))));
}

/** Parses the first line, which holds everything except the CA certificates. Throws if it does not fit. */
function accountFrom(bytes: Buffer): Pick<Known, 'cells' | 'clusters'> {
  const { version: written, data } = JSON.parse(bytes.toString('utf8', 0, bytes.indexOf(10)));
  if (written !== version || !Array.isArray(data.cells) || !Array.isArray(data.clusters))
    throw new Error('of another version');
  return data;
}

/**
 * Returns the items of one of our lists; none if the file cannot be read, because the next agent reports that with its
 * reason.
 */
function dataIn<T>(file: string): readonly T[] {
  try {
    const { data } = JSON.parse(textOf(file)) as { readonly data: unknown };
    return Array.isArray(data) ? data : [];
  } catch {
    return [];
  }
}

/** Returns the template of context names that the last agent had; undefined if the file cannot be read. */
function templateIn(file: string): string | undefined {
  try {
    return /^template\t(.*)$/m.exec(textOf(file))?.[1];
  } catch {
    return undefined;
  }
}

function textOf(file: string): string {
  return readFileSync(file, 'utf8');
}
