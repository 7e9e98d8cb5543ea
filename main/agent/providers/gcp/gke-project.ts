import type { ClusterManagerClient } from '@google-cloud/container';
import type pLimit from 'p-limit';
import { AppError, toPlainError } from '../../../model/app-error.ts';
import type { Cluster } from '../../../model/cluster.ts';
import type { CellOutcome, DiscoverySource } from '../discovery-source.ts';
import type { GcpParts } from './adc.ts';
import { listClusters } from './gke-client.ts';
import { clusterFrom, fieldMask } from './gke-cluster.ts';

/** The cell for a project itself, in addition to one for each location with clusters. */
export const wholeProject = '*';

export interface ProjectParts {
  readonly parts: GcpParts;
  readonly client: Promise<ClusterManagerClient>;
  readonly limit: ReturnType<typeof pLimit>;
  readonly run: Parameters<DiscoverySource['discover']>[0];
}

/**
 * Reads one project and returns the result of each cell. `known` are the locations with clusters in the catalog.
 * Rejects if the run was cancelled or Google rejects the session.
 */
export async function readProject(
  options: ProjectParts,
  project: string,
  known: ReadonlySet<string>,
): Promise<ReadonlyMap<string, CellOutcome>> {
  const { run } = options;
  try {
    const { clusters, missingZones } = await readClusters(options, project);
    const regions = new Set([
      wholeProject,
      ...known,
      ...clusters.map(({ region }) => region),
      ...missingZones,
    ]);
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
  } catch (error) {
    run.signal.throwIfAborted();
    if (error instanceof AppError && error.code === 'gcp-session-expired') throw error;
    const plain = toPlainError(error);
    if (plain.code === 'gcp-api-disabled') {
      const off: CellOutcome = { kind: 'not-enabled', error: plain };
      return new Map([wholeProject, ...known].map((region) => [region, off]));
    }
    const failed: CellOutcome = { kind: 'failed', error: plain };
    // Report a failure once: if a location has it, the project's own cell adds nothing.
    return new Map([
      [wholeProject, known.size === 0 ? failed : { kind: 'skipped' }],
      ...[...known].map((region) => [region, failed] as const),
    ]);
  }
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
