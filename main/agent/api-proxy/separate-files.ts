import path from 'node:path';
import { AppError, toPlainError } from '../../model/app-error.ts';
import type { Cluster, ClusterId } from '../../model/cluster.ts';
import type { ReadOnly } from '../../model/read-only.ts';
import type { Catalog } from '../catalog/catalog.ts';
import type { Logger } from '../parts.ts';
import type { ApiProxies } from './api-proxies.ts';
import type { Grant, Grants } from './grants.ts';
import type { RelaySockets } from './relay-sockets.ts';
import type { TlsEndpoint } from './tls-endpoint.ts';

/** Returns true if the first allows nothing that the second does not. */
function isWithin(one: ReadOnly, other: ReadOnly): boolean {
  return (!one.secrets || other.secrets === true) && (!one.dryRun || other.dryRun === true);
}

/**
 * Returns the port that a container's kubeconfig names for a cluster: the same each time that it is written, also after the
 * cluster's own port has moved. A running relay listens on it, and clients are refused until it looks for another one.
 */
function portInContainer(cluster: ClusterId, port: number, known: readonly Grant[]): number {
  const inside = known.flatMap(({ cluster: of, socket }) =>
    socket === undefined ? [] : { of, port: Number(path.basename(socket, '.sock')) },
  );
  const own = inside.findLast(({ of }) => of === cluster);
  if (own !== undefined) return own.port;
  // Another cluster may have had this port when the file was written first.
  let free = port;
  while (inside.some((one) => one.port === free)) free += 1;
  return free;
}

/** Serves the kubeconfigs that other programs and containers read. */
export function createSeparateFiles(options: {
  readonly catalog: Pick<Catalog, 'get'>;
  readonly grants: Pick<Grants, 'forFile' | 'list' | 'ofFile'>;
  readonly relays: Pick<RelaySockets, 'listen' | 'keep'>;
  readonly logger: Logger;
  /** Listens on the cluster's port, and issues a secret. */
  readonly endpointFor: (
    cluster: Cluster,
    issue: (owner: string | undefined, port: number) => ReturnType<Grants['forFile']>,
  ) => Promise<TlsEndpoint>;
  readonly listen: (cluster: Cluster) => Promise<unknown>;
  readonly portOf: (id: ClusterId) => number;
  readonly end: (isEnding: (grant: Grant) => boolean) => Promise<void>;
}): Pick<ApiProxies, 'forFile' | 'endFile' | 'standBy'> {
  const { catalog, grants, relays, logger, endpointFor, listen, portOf, end } = options;
  return {
    async forFile(cluster, { file, isContainers, ...how }) {
      let inside: number | undefined;
      const endpoint = await endpointFor(cluster, async (owner, port) => {
        if (isContainers) inside = portInContainer(cluster.id, port, grants.ofFile(file));
        const socket = inside === undefined ? undefined : path.join(path.dirname(file), `${inside}.sock`);
        const at = { ...how, file, ...(socket === undefined ? {} : { socket }) };
        const grant = await grants.forFile(cluster.id, owner, at);
        // A program goes on with the secret that the file had, but not with more than the file allows now.
        const isWider = ({ holder, limits = {} }: Grant) =>
          how.readOnly !== undefined && (holder === 'file' || !isWithin(limits, how.readOnly));
        await end((one) => one.file === file && one.cluster === cluster.id && isWider(one));
        if (socket === undefined) return grant;
        try {
          await relays.listen(socket, port);
        } catch (error) {
          await end(({ digest }) => digest === grant.digest);
          throw error;
        }
        return grant;
      });
      return inside === undefined ? endpoint : { ...endpoint, port: inside };
    },
    async endFile(file, { except } = { except: [] }) {
      const isIn = (grant: Grant) => grant.file === file && !except.includes(grant.cluster);
      const ending = grants.list().filter(isIn);
      await end(isIn);
      // In other cases the sockets stay open, so that clients are told that the secret has ended.
      const sockets = grants.ofFile(file).flatMap((one) => (except.includes(one.cluster) ? [] : one.socket));
      relays.keep((socket) => !sockets.includes(socket));
      return [...new Set(ending.map(({ cluster }) => cluster))];
    },
    async standBy() {
      const failures: unknown[] = [];
      for (const { cluster: id, socket, file } of grants.list().filter(({ holder }) => holder !== 'entry')) {
        const cluster = catalog.get(id);
        if (cluster === undefined) continue;
        try {
          await listen(cluster);
          if (socket !== undefined) await relays.listen(socket, portOf(id));
        } catch (error) {
          // The user has deleted its folder.
          if (error instanceof AppError && error.code === 'not-found')
            await end((one) => one.socket === socket);
          else {
            logger.warn('A separate kubeconfig does not work', { file, error: toPlainError(error) });
            failures.push(error);
          }
        }
      }
      if (failures.length > 0) throw failures[0];
    },
  };
}
