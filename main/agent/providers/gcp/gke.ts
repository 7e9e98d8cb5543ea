import pLimit from 'p-limit';
import { AppError, type PlainError, toPlainError } from '../../../model/app-error.ts';
import { matchesWildcard } from '../../organisation/wildcard.ts';
import { boundedPages } from '../bounded-pages.ts';
import type { CellOutcome, DiscoverySource } from '../discovery-source.ts';
import { reportGone } from '../gone.ts';
import { createGcpSession, type GcpAccess, type GcpParts } from './adc.ts';
import { fleetRegion } from './fleet-clusters.ts';
import { openClusterManager } from './gke-client.ts';
import { type Hub, readProject, wholeProject } from './gke-project.ts';
import { isOff } from './off.ts';
import { searchProjects } from './projects.ts';
import { withRenewal } from './renewal.ts';

/** The limit of concurrent requests; GKE's quotas are per project. */
const concurrency = 256;
/** The same for the hub, beside those: it is rarely asked, and a slow one must not fill the network. */
const hubConcurrency = 64;

type Run = Parameters<DiscoverySource['discover']>[0];

/**
 * Google Kubernetes Engine: every project that the application-default credentials see. A cell is a project in a
 * location, and one more for the project itself. Without credentials there is nothing to read. Known projects are read
 * at once, while the search for projects runs again. `projects` is the organisation's filter: only these; `*` matches
 * any characters.
 */
export function createGkeSource(
  parts: GcpParts & {
    readonly projects?: readonly string[] | undefined;
    /** False if the organisation allows no connector `direct`. */
    readonly mayBeDirect?: boolean | undefined;
  },
): DiscoverySource {
  const wanted = projectsWanted(parts.projects);
  const session = createGcpSession(parts);
  const hub: Hub = { empty: new Map(), limit: pLimit(hubConcurrency) };
  return {
    source: 'gke',
    async discover(all) {
      const run = {
        ...all,
        known: all.known.filter(({ account }) => wanted.has(account)),
        cells: all.cells.filter(({ account }) => account === '*' || wanted.has(account)),
      };
      reportGone(all, ({ account }) => !wanted.has(account));
      let access: GcpAccess | undefined;
      try {
        access = await session.access();
      } catch (error) {
        run.signal.throwIfAborted();
        failAll(run, toPlainError(error));
        return;
      }
      run.signal.throwIfAborted();
      if (access === undefined) return;
      try {
        await readAll({ parts, access, run, wanted, hub, mayBeDirect: parts.mayBeDirect !== false });
      } catch (error) {
        run.signal.throwIfAborted();
        if (isRefused(error)) session.forget();
        failAll(run, toPlainError(withRenewal(error, access)));
      }
    },
  };
}

/** Rejects if the run was cancelled or Google rejects the session, in both cases only after all requests have ended. */
async function readAll(options: {
  readonly parts: GcpParts;
  readonly access: GcpAccess;
  readonly run: Run;
  readonly wanted: ProjectsWanted;
  readonly hub: Hub;
  readonly mayBeDirect: boolean;
}): Promise<void> {
  const { parts, access, run, wanted, hub, mayBeDirect } = options;
  const limit = pLimit(concurrency);
  const client = openClusterManager(parts, access);
  // Awaited by each project that is read.
  client.catch(() => {});
  const holding = locationsOf(run);
  const reading = new Map<string, Promise<void>>();
  const read = (project: string, search?: Promise<ReadonlySet<string> | undefined>) => {
    if (reading.has(project)) return;
    const task = readOne(project, search);
    reading.set(project, task);
    // Awaited below, after the search.
    task.catch(() => {});
  };
  const readOne = async (project: string, search: Promise<ReadonlySet<string> | undefined> | undefined) => {
    run.onPlanned(1);
    const hasFleet = holding.get(project)?.has(fleetRegion) === true;
    if (!hasFleet && isOff({ project, region: wholeProject, run, now: parts.clock.now() })) {
      skip(run, project);
      return;
    }
    const locations = holding.get(project) ?? new Set();
    const done = run.onReading?.({ source: 'gke', account: project, region: wholeProject });
    const outcomes = await readProject(
      { parts, access, hub, mayBeDirect, client, limit, run },
      project,
      locations,
    ).finally(done);
    const whole = outcomes.get(wholeProject);
    if (whole?.kind === 'failed' && whole.error.code === 'gcp-denied' && locations.size === 0) {
      const found = await search?.catch(() => undefined);
      // It was deleted or access was removed, and it has no clusters to lose.
      if (found?.has(project) === false) return;
    }
    run.onPlanned(outcomes.size - 1);
    for (const [region, outcome] of outcomes) report(run, project, region, outcome);
  };

  const searching = (async () => {
    const found = new Set<string>();
    try {
      for await (const page of boundedPages(searchProjects({ parts, access, signal: run.signal }), {
        list: 'The list of Google projects (cloudresourcemanager.projects.search)',
        next: ({ nextPageToken }) => nextPageToken,
      })) {
        for (const project of page.ids.filter(wanted.has)) {
          found.add(project);
          read(project);
        }
      }
      return found;
    } catch (error) {
      run.signal.throwIfAborted();
      if (isRefused(error)) throw error;
      // The search could not have added a project.
      if (!wanted.isOpen) return undefined;
      run.onPlanned(1);
      report(run, '*', '*', { kind: 'failed', error: toPlainError(error) });
      return undefined;
    }
  })();
  for (const { account } of [...run.cells, ...run.known]) if (account !== '*') read(account, searching);
  for (const project of wanted.named) read(project, searching);
  if (access.project !== undefined && wanted.has(access.project)) read(access.project, searching);
  const [searched] = await Promise.allSettled([searching]);
  for (const result of [searched, ...(await Promise.allSettled(reading.values()))]) {
    if (result.status === 'rejected') throw result.reason;
  }
}

interface ProjectsWanted {
  has(project: string): boolean;
  /** Projects that need no search; one that the user may not see is not reported. */
  readonly named: readonly string[];
  /** Whether there may be further projects. */
  readonly isOpen: boolean;
}

function projectsWanted(patterns: readonly string[] | undefined): ProjectsWanted {
  if (patterns === undefined) return { has: () => true, named: [], isOpen: true };
  const named = patterns.filter((pattern) => !pattern.includes('*'));
  return {
    has: (project) => patterns.some((pattern) => matchesWildcard(pattern, project)),
    named,
    isOpen: named.length < patterns.length,
  };
}

/** Returns the locations with clusters in the catalog, by project. */
function locationsOf(run: Run): ReadonlyMap<string, ReadonlySet<string>> {
  const locations = new Map<string, Set<string>>();
  for (const { account, region } of run.known) {
    const inProject = locations.get(account) ?? new Set();
    locations.set(account, inProject.add(region));
  }
  return locations;
}

/** Returns whether Google rejected the token itself. */
function isRefused(error: unknown): boolean {
  return error instanceof AppError && error.code === 'gcp-session-expired';
}

function skip(run: Run, project: string): void {
  for (const { account, region } of run.cells) {
    if (account === project) report(run, project, region, { kind: 'skipped' });
  }
}

/** Fails every location with clusters because nobody is signed in; the known projects stay. */
function failAll(run: Run, error: PlainError): void {
  const holding = locationsOf(run);
  for (const { account, region } of run.cells) {
    if (account === '*') continue;
    const holds = holding.get(account)?.has(region) === true;
    report(run, account, region, holds ? { kind: 'failed', error } : { kind: 'skipped' });
  }
  if (holding.size > 0) return;
  run.onPlanned(1);
  report(run, '*', '*', { kind: 'failed', error });
}

function report(run: Run, account: string, region: string, outcome: CellOutcome): void {
  run.signal.throwIfAborted();
  run.onCell({ cell: { source: 'gke', account, region }, outcome });
}
