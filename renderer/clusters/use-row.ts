import type { TunnelView } from '../../main/model/agent-view.ts';
import type { Cluster, ClusterId } from '../../main/model/cluster.ts';
import type { GroupBy } from '../../main/model/group-key.ts';
import { isUsable as isUsableState } from '../../main/model/is-usable.ts';
import type { Policy } from '../../main/model/policy.ts';
import { useAgent, usePage } from '../agent/page.tsx';
import { useNow } from '../agent/use-now.ts';
import { type RowView, rowView } from './row-view.ts';

/** The state of a cluster for its row and its page; undefined if the catalog no longer has it. */
export interface RowState {
  readonly cluster: Cluster;
  readonly tunnel: TunnelView | undefined;
  readonly view: RowView;
  readonly policy: Policy | undefined;
  /** Whether clients can connect through its tunnel. */
  readonly isUsable: boolean;
  /** Whether to offer to make it current: not while a connect that may do so itself is running. */
  readonly canBecomeCurrent: boolean;
  readonly isCurrent: boolean;
  readonly isFavourite: boolean;
  /** Disconnected, with an on-demand context: connects when kubectl needs it. */
  readonly isOnDemand: boolean;
}

/** `groupedBy` is the grouping whose head is above the row, if any. */
export function useRow(id: ClusterId, groupedBy?: GroupBy): RowState | undefined {
  const cluster = useAgent(({ clusters }) => clusters.get(id));
  const tunnel = useAgent(({ tunnels }) => tunnels.get(id));
  const failure = useAgent(({ failures }) => failures.get(id));
  const policy = useAgent(({ policies }) =>
    cluster?.reach.kind === 'tunnel' ? policies.get(cluster.reach.hostname) : undefined,
  );
  const asked = usePage((page) => page.asked.get(id));
  const isCurrent = useAgent(({ kubectl }) => kubectl.cluster === id);
  const isFavourite = useAgent(({ favourites }) => favourites.includes(id));
  const hasEntry = useAgent(({ kept }) => kept.includes(id));
  const isCounting = tunnel?.state.status === 'reconnecting';
  const now = useNow(isCounting ? 1_000 : undefined);
  if (cluster === undefined) return undefined;
  const view = rowView({ cluster, tunnel, failure, policy, asked, groupedBy, now });
  const isOnDemand = hasEntry && !view.isOn;
  const isUsable = view.isOn && isUsableState(tunnel?.state);
  return {
    cluster,
    tunnel,
    view,
    policy,
    isUsable,
    canBecomeCurrent: isUsable && !isCurrent && asked !== 'connect',
    isCurrent,
    isFavourite,
    isOnDemand,
  };
}
