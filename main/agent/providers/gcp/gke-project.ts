import type { ClusterManagerClient } from '@google-cloud/container';
import type pLimit from 'p-limit';
import { AppError, type PlainError, toPlainError } from '../../../model/app-error.ts';
import type { Cluster } from '../../../model/cluster.ts';
import type { CellOutcome, DiscoverySource } from '../discovery-source.ts';
import type { GcpAccess, GcpParts } from './adc.ts';
import { fleetRegion, joinFleet } from './fleet-clusters.ts';
import { listClusters } from './gke-client.ts';
import { clusterFrom, fieldMask } from './gke-cluster.ts';
import { type Fleet, readFleet } from './gke-fleet.ts';
import { isOff } from './off.ts';

/** The cell for a project itself, in addition to one for each location with clusters. */
export const wholeProject = '*';

/**
 * How long a hub that could not be reached is not asked again, unless the user waits for the run: it may be blocked in this
 * network, and the list of clusters waits for it.
 */
const silentMs = 10 * 60_000;

/**
 * How long a hub without memberships in a project is not asked again, unless the user waits for the run: most projects have
 * no fleet, and one more request for each of them would double those of a refresh.
 */
const emptyMs = 6 * 60 * 60_000;

/** What an agent has learned of the hub. */
export interface Hub {
  /** The last time that it could not be reached. */
  failed?: { readonly at: number; readonly error: PlainError };
  /** When projects were found to have no memberships, ms since the epoch. */
  readonly empty: Map<string, number>;
  /** Its requests wait for no others: their answers are awaited together. */
  readonly limit: ReturnType<typeof pLimit>;
}

export interface ProjectParts {
  readonly parts: GcpParts;
  readonly access: GcpAccess;
  /** False if the organisation allows no connector `direct`. */
  readonly mayBeDirect: boolean;
  readonly hub: Hub;
  readonly client: Promise<ClusterManagerClient>;
  readonly limit: ReturnType<typeof pLimit>;
  readonly run: Parameters<DiscoverySource['discover']>[0];
}

/**
 * Reads one project, and its fleet beside it, and returns the result of each cell. `known` are the locations with clusters in the catalog.
 * Rejects if the run was cancelled or Google rejects the session.
 */
export async function readProject(
  options: ProjectParts,
  project: string,
  known: ReadonlySet<string>,
): Promise<ReadonlyMap<string, CellOutcome>> {
  const { run, parts, mayBeDirect } = options;
  const reading = fleetOf(options, project, known.has(fleetRegion));
  // Awaited with the clusters, or after them if they cannot be read.
  reading.catch(() => {});
  const join = async (clusters: readonly Cluster[]) => {
    const fleet = await reading;
    if (fleet === undefined) return { clusters, fleet: { kind: 'skipped' } as const };
    const { tagPrefix } = run;
    return joinFleet({
      project,
      clusters,
      fleet,
      known: run.known.filter(({ account }) => account === project),
      tagPrefix,
      mayBeDirect,
      seenAt: parts.clock.now(),
    });
  };
  const regions = new Set([...known].filter((region) => region !== fleetRegion));
  let outcomes: ReadonlyMap<string, CellOutcome>;
  let fleet: CellOutcome | undefined;
  try {
    const listed = await readClusters(options, project);
    const joined = await join(listed.clusters);
    fleet = joined.fleet;
    outcomes = listedOutcomes({ project, known: regions, ...listed, clusters: joined.clusters });
  } catch (error) {
    run.signal.throwIfAborted();
    if (error instanceof AppError && error.code === 'gcp-session-expired') throw error;
    outcomes = failedOutcomes(toPlainError(error), regions);
    // A project can have a fleet without the GKE API.
    fleet = (await join([])).fleet;
  }
  return fleet === undefined ? outcomes : new Map([...outcomes, [fleetRegion, fleet]]);
}

/** Resolves with undefined if an earlier run found it disabled. Rejects if the run was cancelled. */
async function fleetOf(
  { parts, access, hub, run }: ProjectParts,
  project: string,
  hadFleet: boolean,
): Promise<Fleet | undefined> {
  const now = parts.clock.now();
  const isRecent = (at: number | undefined, limitMs: number) =>
    !run.asked && at !== undefined && Math.abs(now - at) < limitMs;
  if (isOff({ project, region: fleetRegion, run, now })) return undefined;
  if (hub.failed !== undefined && isRecent(hub.failed.at, silentMs))
    return { kind: 'failed', error: hub.failed.error };
  if (!hadFleet && isRecent(hub.empty.get(project), emptyMs)) return { kind: 'listed', memberships: [] };
  const fleet = await hub.limit(async () => {
    run.signal.throwIfAborted();
    return readFleet({ parts, access, project, signal: run.signal });
  });
  if (fleet.kind === 'failed' && !fleet.error.code.startsWith('gcp-'))
    hub.failed = { at: parts.clock.now(), error: fleet.error };
  hub.empty.delete(project);
  if (fleet.kind === 'listed' && fleet.memberships.length === 0 && fleet.error === undefined)
    hub.empty.set(project, now);
  return fleet;
}

function listedOutcomes(options: {
  readonly project: string;
  readonly known: ReadonlySet<string>;
  readonly clusters: readonly Cluster[];
  readonly missingZones: readonly string[];
}): ReadonlyMap<string, CellOutcome> {
  const { project, known, clusters, missingZones } = options;
  const regions = new Set([wholeProject, ...known, ...clusters.map(({ region }) => region), ...missingZones]);
  return new Map(
    [...regions].map((region) => {
      const found = clusters.filter((cluster) => cluster.region === region);
      const zone = missingZones.find((missing) => overlap(missing, region));
      return [
        region,
        zone === undefined
          ? { kind: 'listed', clusters: found }
          : { kind: 'failed', clusters: found, error: toPlainError(zoneMissing(project, zone)) },
      ] as const;
    }),
  );
}

function failedOutcomes(error: PlainError, known: ReadonlySet<string>): ReadonlyMap<string, CellOutcome> {
  if (error.code === 'gcp-api-disabled') {
    const off: CellOutcome = { kind: 'not-enabled', error };
    return new Map([wholeProject, ...known].map((region) => [region, off]));
  }
  const failed: CellOutcome = { kind: 'failed', error };
  // Report a failure once: if a location has it, the project's own cell adds nothing.
  return new Map([
    [wholeProject, known.size === 0 ? failed : { kind: 'skipped' }],
    ...[...known].map((region) => [region, failed] as const),
  ]);
}

async function readClusters(
  { parts, client, limit, run }: ProjectParts,
  project: string,
): Promise<{ readonly clusters: readonly Cluster[]; readonly missingZones: readonly string[] }> {
  const { clusters, missingZones } = await limit(async () => {
    run.signal.throwIfAborted();
    return listClusters({ client: await client, project, fieldMask, signal: run.signal });
  });
  const now = parts.clock.now();
  return {
    clusters: (clusters ?? []).map((cluster) =>
      clusterFrom({ project, gke: cluster, tagPrefix: run.tagPrefix, seenAt: now }),
    ),
    // Clusters in zones that did not answer may be missing from the list.
    missingZones: missingZones ?? [],
  };
}

/** Returns whether two locations overlap: a regional cluster may be missing together with one of its zones. */
function overlap(one: string, other: string): boolean {
  return one === other || one.startsWith(`${other}-`) || other.startsWith(`${one}-`);
}

function zoneMissing(project: string, zone: string): AppError {
  return new AppError('gcp-failed', `GKE has no answer from ${zone} in project ${project}.`, {
    hint: 'Try again; if the error persists, see https://status.cloud.google.com.',
    retryable: true,
  });
}
