import { AppError, toPlainError } from '../../model/app-error.ts';
import type { Cluster, ClusterId } from '../../model/cluster.ts';
import type { EntryForm } from '../../model/entry-form.ts';
import type { ReadOnly } from '../../model/read-only.ts';
import type { TerminalKind } from '../../model/terminal.ts';
import type { ApiProxies } from '../api-proxy/api-proxies.ts';
import type { Catalog } from '../catalog/catalog.ts';
import type { Logger } from '../parts.ts';
import type { EntryFor, StoredTerminal, Terminals } from '../terminals/terminals.ts';
import type { LocalPort, Ports } from '../tunnels/ports.ts';
import type { Tunnels } from '../tunnels/tunnels.ts';
import { createCloseUnused } from './close-unused.ts';
import type { Connections } from './connections.ts';
import type { Entries } from './entries.ts';
import { knownWay } from './known-way.ts';
import { openOne } from './open-one.ts';
import type { Outcome } from './outcome.ts';
import { checkTerminals } from './production-guard.ts';
import type { Remembered } from './remembered.ts';

/** A terminal to open. */
export interface IsolateRequest {
  readonly clusters: readonly Cluster[];
  readonly kind: TerminalKind;
  /** The process that the terminals end with. */
  readonly pid: number;
  readonly namespace?: string | undefined;
  /** The proxy protocol of the entries, whatever the setting and the cluster's tag say. */
  readonly form?: EntryForm | undefined;
  /** The entries can only read. They are of the form `tls`. */
  readonly readOnly?: ReadOnly | undefined;
  /** The user's answer to the question about production clusters. */
  readonly production?: boolean | undefined;
  readonly signal: AbortSignal;
}

export interface Isolated {
  readonly outcomes: readonly Outcome[];
  /** Of the clusters that are connected. */
  readonly terminals: readonly (StoredTerminal & { readonly file: string })[];
}

/** Connects clusters for one terminal or program, without the user's kubeconfig. */
export interface Isolate extends Pick<Connections, 'isolate' | 'endTerminals'> {
  /** Writes the kubeconfig files of a cluster's terminals again: its port, password or certificate has changed. */
  renew(id: ClusterId): Promise<void>;
  /** After a start: the ports of clusters with terminals listen, so that the next command opens the tunnel. */
  restore(): Promise<void>;
  /** Ends the secrets of terminals that have ended, and closes their tunnels unless something else uses them. Never rejects. */
  ended(terminals: readonly StoredTerminal[]): Promise<void>;
}

export function createIsolate(options: {
  readonly logger: Logger;
  readonly catalog: Catalog;
  readonly tunnels: Tunnels;
  readonly ports: Pick<Ports, 'known'>;
  readonly apiProxies?: Pick<ApiProxies, 'endTerminals' | 'traffic'> | undefined;
  readonly remembered: Remembered;
  readonly entries: Entries;
  readonly terminals: Terminals;
  readonly settled: (ids: readonly ClusterId[]) => Promise<void>;
  readonly complete: (cluster: Cluster, signal: AbortSignal) => Promise<Cluster>;
  /** Returns true if the organisation wants a confirmation before a terminal of a production cluster opens. */
  readonly asksInTerminals: () => boolean;
}): Isolate {
  const { logger, catalog, tunnels, entries, terminals, settled, complete } = options;

  const closeUnused = createCloseUnused(options);
  const entryFor =
    (cluster: Cluster, local: LocalPort | undefined): EntryFor =>
    ({ id, form, readOnly = {} }) =>
      entries.through(cluster, local, form === 'read-only' ? { terminal: id, readOnly } : form);
  const renew = async (id: ClusterId) => {
    const way = knownWay(id, options);
    if (way !== undefined) await terminals.renew(id, entryFor(way.cluster, way.local));
  };

  return {
    renew,
    async ended(terminals) {
      await options.apiProxies?.endTerminals(terminals.map(({ id }) => id));
      await closeUnused([...new Set(terminals.map(({ cluster }) => cluster))]);
    },
    async isolate({ clusters, kind, pid, namespace, form, readOnly, production, signal }) {
      checkTerminals(clusters, { asks: options.asksInTerminals(), confirmed: production === true });
      const ids = clusters.map(({ id }) => id);
      await settled(ids);
      // The end of another terminal must not close what is being opened here.
      const release = terminals.hold(ids);
      try {
        const tries = await Promise.all(
          clusters.map((cluster) =>
            openOne({ tunnels, complete, cluster, signal, interactive: true, listening: true }),
          ),
        );
        if (signal.aborted) throw new AppError('cancelled', 'Cancelled. Nothing was changed.');
        const opened: (StoredTerminal & { readonly file: string })[] = [];
        const outcomes: Outcome[] = [];
        for (const one of tries) {
          if (one.kind === 'failed') {
            const { cluster, error, stage, mender } = one;
            outcomes.push({
              status: 'failed',
              cluster,
              error,
              ...(stage === undefined ? {} : { stage }),
              ...(mender === undefined ? {} : { mender }),
            });
            continue;
          }
          const { cluster, tunnel, state } = one;
          const local = tunnel.connector() === 'direct' ? undefined : tunnel.localPort();
          const make = entryFor(cluster, local);
          const own = readOnly === undefined ? form : 'read-only';
          const terminal = await terminals.add(
            {
              cluster: cluster.id,
              kind,
              pid,
              ...(namespace === undefined ? {} : { namespace }),
              ...(own === undefined ? {} : { form: own }),
              ...(readOnly === undefined ? {} : { readOnly }),
            },
            async (one) => ({ ...(await make(one)), ...(namespace === undefined ? {} : { namespace }) }),
          );
          opened.push({ ...terminal, file: terminals.fileOf(terminal.id) });
          outcomes.push({
            status: 'connected',
            cluster,
            context: terminal.context,
            port: tunnel.localPort()?.port,
            latencyMs: state.status === 'connected' ? state.probe.totalMs : 0,
          });
        }
        return { outcomes, terminals: opened };
      } finally {
        release();
        await closeUnused(ids);
      }
    },
    async endTerminals(asked) {
      return (await terminals.end(asked)).length;
    },
    async restore() {
      await terminals.check();
      for (const id of new Set(terminals.list().map(({ cluster }) => cluster))) {
        const cluster = catalog.get(id);
        if (cluster === undefined) continue;
        try {
          if (tunnels.find(id) === undefined) await tunnels.tunnel(cluster).standBy();
          await renew(id);
        } catch (error) {
          logger.warn('The tunnel of a terminal does not listen', {
            cluster: id,
            error: toPlainError(error),
          });
        }
      }
    },
  };
}
