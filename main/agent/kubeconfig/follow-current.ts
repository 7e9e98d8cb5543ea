import path from 'node:path';
import type { Kubectl } from '../../model/agent-view.ts';
import { toPlainError } from '../../model/app-error.ts';
import type { ClusterId } from '../../model/cluster.ts';
import { isProduction } from '../../model/is-production.ts';
import type { KubeconfigSourceInput } from '../../model/kubeconfig-source.ts';
import { plainText } from '../../model/plain-text.ts';
import type { Sessions } from '../access/sessions.ts';
import { sessionFileEnding } from '../access/token-files.ts';
import type { Catalog } from '../catalog/catalog.ts';
import type { Connections } from '../connections/connections.ts';
import type { Clock, Logger } from '../parts.ts';
import type { State } from '../state/state.ts';
import { watchFiles } from '../storage/file-watch.ts';
import type { Kubeconfig, KubeconfigSource } from './kubeconfig.ts';

/** How soon to retry a kubeconfig that could not be read, and to check a time limit. */
const lookAgainMs = 1_000;

/** The current context of a kubeconfig, and that of the agent's own environment as it changes. */
export interface CurrentContexts {
  /** Returns the caller's kubeconfig, unless the settings name another. The agent's own where undefined. */
  sourceFor(caller: KubeconfigSourceInput | undefined): KubeconfigSource;
  /** With warnings about what kubectl passes over in the files. Rejects as `Kubeconfig.current` does. */
  kubectl(caller: KubeconfigSourceInput | undefined): Promise<Kubectl>;
  /**
   * As `kubectl`, for the answer of an operation that is done and has its warnings: a kubeconfig that cannot be read is one
   * more.
   */
  kubectlAfter(
    caller: KubeconfigSourceInput | undefined,
    warnings: readonly string[],
  ): Promise<{ kubectl: Kubectl; warnings: string[] }>;
  /** Reads the agent's own kubeconfig again. Resolves with false if it cannot be read. */
  look(): Promise<boolean>;
  /**
   * Reads the kubeconfig again when it or a session changes, until `close`: another program may switch the current
   * context, or repair a kubeconfig that could not be read.
   */
  follow(): void;
  /** Reads everything again now: a time limit, or another kubeconfig, changes no file. */
  lookNow(): void;
  close(): void;
}

export function followCurrent(options: {
  readonly own: KubeconfigSourceInput;
  readonly kubeconfig: Pick<Kubeconfig, 'current' | 'oddities' | 'paths'>;
  readonly connections: Pick<Connections, 'limit' | 'checkLimits' | 'checkEntries' | 'entryFiles'>;
  readonly catalog: Pick<Catalog, 'get'>;
  readonly sessions: Pick<Sessions, 'look'>;
  /** The folder of the kubeconfig files of terminals, with a separator at its end. */
  readonly terminalsFolder: string;
  /** `~/.cloudflared` */
  readonly sessionsFolder: string;
  readonly state: Pick<State, 'get' | 'set'>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Called at each read, to handle what is due at a time rather than by a file change. */
  readonly onLook: () => void;
}): CurrentContexts {
  const { own, kubeconfig, connections, catalog, sessions, state, clock, logger } = options;

  const sourceFor = ({ kubeconfig: value, cwd, home }: KubeconfigSourceInput = own): KubeconfigSource => {
    // The kubeconfig of a terminal is not shared with other programs, which the setting is for.
    const isIsolated = value?.startsWith(options.terminalsFolder) === true;
    const chosen = isIsolated ? '' : state.get().settings.kubeconfigPath;
    return { kubeconfig: chosen === '' ? value : expandHome(chosen, home), cwd, home };
  };
  const read = async (caller: KubeconfigSourceInput | undefined): Promise<Kubectl> => {
    const { context, id } = await kubeconfig.current(sourceFor(caller));
    const named = context === undefined ? {} : { context: plainText(context) };
    if (id === undefined) return named;
    const cluster = id as ClusterId;
    const limit = await connections.limit(sourceFor(caller), cluster);
    const back = limit?.back === undefined ? {} : { back: plainText(limit.back) };
    return {
      ...named,
      cluster,
      ...(isProduction(catalog.get(cluster) ?? {}) ? { production: true } : {}),
      ...(limit === undefined ? {} : { limit: { until: limit.until, ...back } }),
    };
  };
  const look = async (): Promise<boolean> => {
    const kubectl = await read(undefined).catch(() => undefined);
    state.set({ kubectl: kubectl ?? {} });
    return kubectl !== undefined;
  };

  const lookAtAll = async (): Promise<number> => {
    options.onLook();
    const limits = connections.checkLimits();
    const [isRead] = await Promise.all([limits.then(look), sessions.look(), connections.checkEntries()]);
    const inASecond = clock.now() + lookAgainMs;
    // Retry: files cannot be read while too many are open, and no file changes when that is over.
    if (!isRead) return inASecond;
    // A session that ends changes no file either. A timer that was set before sleep fires late: check a time limit
    // every second.
    return Math.min(
      ...state.get().sessions.map(({ endsAt }) => endsAt),
      (await limits) ? inASecond : Number.POSITIVE_INFINITY,
    );
  };
  let files: ReturnType<typeof watchFiles> | undefined;

  return {
    sourceFor,
    async kubectl(caller) {
      const kubectl = await read(caller);
      const warnings = await kubeconfig.oddities(sourceFor(caller));
      return warnings.length === 0 ? kubectl : { ...kubectl, warnings: warnings.map(plainText) };
    },
    async kubectlAfter(caller, warnings) {
      try {
        return { kubectl: await read(caller), warnings: [...warnings] };
      } catch (error) {
        const { message, hint } = toPlainError(error);
        return { kubectl: {}, warnings: [...warnings, hint === undefined ? message : `${message} ${hint}`] };
      }
    },
    look,
    follow() {
      files = watchFiles({
        clock,
        logger,
        watched: async () => ({
          // If the paths cannot be resolved, `look` fails in the same way and retries in a second: the rest must go on.
          files: [
            ...(await kubeconfig.paths(sourceFor(undefined)).catch(() => [])),
            ...(await connections.entryFiles()),
          ],
          folders: [options.sessionsFolder],
          // The tokens of applications say nothing about sessions, and a group of tunnels writes one for each.
          ending: sessionFileEnding,
        }),
        look: lookAtAll,
      });
      void files.look();
    },
    lookNow: () => void files?.look(),
    close: () => files?.close(),
  };
}

/** Returns the path of a setting, in which `~` is the home folder. */
function expandHome(chosen: string, home: string): string {
  return /^~[\\/]/.test(chosen) ? path.join(home, chosen.slice(2)) : chosen;
}
