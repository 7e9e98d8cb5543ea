import type { Snapshot } from '../../model/agent-view.ts';
import type { Policies } from '../access/policies.ts';
import type { Agent } from '../agent.ts';
import type { ApiProxies } from '../api-proxy/api-proxies.ts';
import { shownVariables } from '../callers/identity-variables.ts';
import type { Catalog } from '../catalog/catalog.ts';
import type { Credentials } from '../credentials/credentials.ts';
import { identityText } from '../credentials/identity-text.ts';
import type { Network } from '../network/network.ts';
import { networkVariables } from '../network/network-variables.ts';
import type { Environment } from '../parts.ts';
import type { Notices } from '../state/notices.ts';
import type { State } from '../state/state.ts';
import type { Tunnels } from '../tunnels/tunnels.ts';
import { version } from '../version.ts';
import { shown, viewOf } from '../views.ts';

/** Returns everything that the agent shows. */
export function snapshotOperation(options: {
  readonly state: Pick<State, 'get'>;
  readonly catalog: Pick<Catalog, 'clusters' | 'cells'>;
  readonly tunnels: Pick<Tunnels, 'list' | 'clientFailures'>;
  readonly apiProxies: Pick<ApiProxies, 'list' | 'traffic'>;
  readonly credentials: Pick<Credentials, 'identityOf'>;
  readonly policies: Pick<Policies, 'list'>;
  readonly notices: Pick<Notices, 'list'>;
  readonly accessRequest: () => string | undefined;
  readonly signIns: Snapshot['agent']['signIns'];
  readonly env: Environment;
  readonly clockSkew: Network['clockSkew'];
  readonly startedAt: number;
}): Agent['snapshot'] {
  const { state, catalog, tunnels, apiProxies, credentials, policies, notices } = options;
  const { accessRequest, signIns, env, clockSkew, startedAt } = options;
  const variables = { ...networkVariables(env), ...shownVariables(env) };
  const { node, electron } = process.versions;
  const runtime = { node, ...(electron === undefined ? {} : { electron }) };
  const { pid, platform } = process;
  const agent = { version, pid, startedAt, runtime, platform, signIns, variables };
  const clock = () => {
    const skew = clockSkew();
    return skew === undefined ? {} : { clock: { ...skew } };
  };
  return () => ({
    ...state.get(),
    agent: { ...agent, ...clock() },
    clusters: catalog.clusters().map(shown),
    cells: [...catalog.cells()],
    // Those of on-demand contexts are included, as closed.
    tunnels: tunnels
      .list()
      .filter((tunnel) => tunnel.state().status !== 'idle')
      .map((tunnel) =>
        viewOf(tunnel, apiProxies.traffic(tunnel.id), accessRequest(), state.get().entryProblems),
      ),
    localProxies: [...apiProxies.list()],
    policies: [...policies.list()],
    identities: catalog.clusters().flatMap(({ id }) => {
      const identity = credentials.identityOf(id);
      return identity === undefined ? [] : [{ cluster: id, ...identity, summary: identityText(identity) }];
    }),
    clientFailures: tunnels.clientFailures().map(({ process: program, ...rest }) => ({
      ...rest,
      ...(program === undefined ? {} : { process: program }),
    })),
    notices: [...notices.list()],
  });
}
