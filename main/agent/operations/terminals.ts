import { isProduction } from '../../model/is-production.ts';
import type { Activity } from '../activity/activity.ts';
import type { Agent, Parts } from '../agent.ts';
import type { Catalog } from '../catalog/catalog.ts';
import type { Connections } from '../connections/connections.ts';
import type { State } from '../state/state.ts';
import { type Invocation, startTerminal, terminalInvocation } from '../terminals/terminal-app.ts';
import { resultOf } from '../views.ts';
import type { Clusters } from './clusters.ts';

/** The operations on terminals with a kubeconfig of their own. */
export function terminalOperations(options: {
  readonly clusters: Pick<Clusters, 'find'>;
  readonly catalog: Pick<Catalog, 'get'>;
  readonly connections: Pick<Connections, 'isolate' | 'followTerminal' | 'endTerminals'>;
  readonly restored: Promise<void>;
  readonly activity: Pick<Activity, 'during'>;
  readonly state: Pick<State, 'get'>;
  readonly accessRequest: () => string | undefined;
  readonly parts: Pick<Parts, 'env' | 'paths' | 'plugin'>;
  /** Starts a terminal app. */
  readonly start?: (invocation: Invocation) => Promise<void>;
}): Pick<Agent, 'isolate' | 'followTerminal' | 'endTerminals' | 'openTerminal'> {
  const { clusters, catalog, connections, restored, activity, state, accessRequest, parts } = options;
  const { env, paths, plugin } = parts;
  const start = options.start ?? ((invocation) => startTerminal(invocation, env));
  return {
    async isolate({ clusters: words, ...how }) {
      await restored;
      const found = await clusters.find(words);
      const { outcomes, terminals } = await activity.during(
        found.map(({ id }) => id),
        () => connections.isolate({ ...how, clusters: found }),
      );
      return {
        results: outcomes.map((outcome) => resultOf(outcome, accessRequest(), undefined)),
        terminals: terminals.map(({ start: _, form: __, ...terminal }) => ({
          ...terminal,
          ...(isProduction(catalog.get(terminal.cluster) ?? {}) ? { production: true as const } : {}),
        })),
      };
    },
    followTerminal: connections.followTerminal,
    endTerminals: connections.endTerminals,
    async openTerminal({ cluster, namespace }) {
      const [found] = await clusters.find([cluster]);
      const words = [
        plugin.command,
        ...plugin.args,
        'shell',
        ...(namespace === undefined ? [] : ['--namespace', namespace]),
        ...(found === undefined ? [] : [found.id]),
      ];
      const { terminal } = state.get().settings;
      const invocation = await terminalInvocation({ setting: terminal, words, env, home: paths.home });
      await start(invocation);
      return { program: invocation.program };
    },
  };
}
