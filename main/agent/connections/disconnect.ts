import type { ClusterId } from '../../model/cluster.ts';
import type { ApiProxies } from '../api-proxy/api-proxies.ts';
import type { Kubeconfig, KubeconfigPlace } from '../kubeconfig/kubeconfig.ts';
import type { Terminals } from '../terminals/terminals.ts';
import type { Ports } from '../tunnels/ports.ts';
import type { Tunnels } from '../tunnels/tunnels.ts';
import type { Connections } from './connections.ts';
import type { CurrentContext } from './current-context.ts';
import type { Isolate } from './isolate.ts';
import { byPlace, type Remembered } from './remembered.ts';

/** Closes connections, and keeps or removes their kubeconfig entries. */
export interface Disconnect extends Pick<Connections, 'disconnect' | 'disconnectAll' | 'remove'> {
  /** Resolves when none of these is being disconnected: the latest request decides the result. */
  settled(ids: readonly ClusterId[]): Promise<void>;
  /** As `remove`, for the agent itself: `settled` does not wait for it. Resolves with the warnings. */
  removeNow(ids: readonly ClusterId[]): Promise<readonly string[]>;
}

export function createDisconnect(options: {
  readonly remembered: Remembered;
  readonly kubeconfig: Kubeconfig;
  readonly currentContext: CurrentContext;
  readonly tunnels: Tunnels;
  readonly ports: Pick<Ports, 'rotate'>;
  readonly terminals: Pick<Terminals, 'uses'>;
  readonly renew: Isolate['renew'];
  readonly apiProxies?: Pick<ApiProxies, 'end'> | undefined;
  /** Returns true if entries stay when their tunnels close. */
  readonly keepsEntries: () => boolean;
}): Disconnect {
  const { remembered, kubeconfig, currentContext, tunnels, ports, apiProxies, keepsEntries, terminals, renew } =
    options;
  const known = (ids: readonly ClusterId[]) => ids.flatMap((id) => remembered.get(id) ?? []);
  const isOpen = (id: ClusterId) => (tunnels.find(id)?.state().status ?? 'idle') !== 'idle';

  const removeNow = async (ids: readonly ClusterId[]) => {
    const warnings: string[] = [];
    for (const [place, group] of byPlace(known(ids)))
      warnings.push(...(await kubeconfig.remove(place, group)).warnings);
    // Do this before the tunnels close, so that a connect meanwhile gets the new password.
    for (const id of ids) await ports.rotate(id);
    await apiProxies?.end((id) => ids.includes(id));
    await remembered.drop(ids);
    await currentContext.dropLimits(ids);
    await Promise.all(ids.map((id) => tunnels.close(id)));
    // A terminal of the cluster has the password that was replaced.
    for (const id of ids.filter(terminals.uses)) await renew(id);
    return warnings;
  };

  const keepNow = async (ids: readonly ClusterId[], caller: KubeconfigPlace | undefined) => {
    const warnings: string[] = [];
    // In the caller's kubeconfig. The context stays on demand in others, where somebody may use it.
    const places = caller === undefined ? byPlace(known(ids)) : [[caller, ids] as const];
    for (const [place, group] of places) {
      const everywhere = caller === undefined;
      warnings.push(...(await kubeconfig.release(place, group, { everywhere })).warnings);
    }
    await remembered.put(known(ids).map((connection) => ({ ...connection, status: 'kept' })));
    await currentContext.dropLimits(ids, caller);
    await Promise.all(ids.map((id) => tunnels.close(id, { listening: true })));
    return warnings;
  };

  const closing = new Map<ClusterId, Promise<unknown>>();
  const whileClosing = async <T>(ids: readonly ClusterId[], work: Promise<T>): Promise<T> => {
    for (const id of ids) closing.set(id, work);
    try {
      return await work;
    } finally {
      for (const id of ids) if (closing.get(id) === work) closing.delete(id);
    }
  };

  const disconnect: Disconnect['disconnect'] = async (ids, caller) => {
    const open = remembered.idsOf('open');
    const ours = ids.filter((id) => open.includes(id));
    // What only a terminal has open is in no kubeconfig of the user. The next command in that terminal opens it again.
    const isolated = ids.filter((id) => !ours.includes(id) && terminals.uses(id) && isOpen(id));
    const closed = [...ours, ...isolated];
    const close = async () => {
      const warnings = await (keepsEntries() ? keepNow(ours, caller) : removeNow(ours));
      await Promise.all(isolated.map((id) => tunnels.close(id, { listening: true })));
      return warnings;
    };
    return { closed, warnings: await whileClosing(closed, close()) };
  };

  return {
    disconnect,
    async disconnectAll({ again }) {
      const open = known(remembered.idsOf('open'));
      await disconnect(open.map(({ cluster }) => cluster));
      if (again) await remembered.put(open.map((connection) => ({ ...connection, status: 'again' })));
    },
    async remove(ids) {
      const removed = known(ids).map(({ cluster }) => cluster);
      return { removed, warnings: await whileClosing(removed, removeNow(removed)) };
    },
    async settled(ids) {
      await Promise.allSettled(ids.map((id) => closing.get(id)));
    },
    removeNow,
  };
}
