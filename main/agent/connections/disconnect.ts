import type { ClusterId } from '../../model/cluster.ts';
import { command } from '../../model/command.ts';
import type { ApiProxies } from '../api-proxy/api-proxies.ts';
import type { Kubeconfig, KubeconfigSource } from '../kubeconfig/kubeconfig.ts';
import type { Terminals } from '../terminals/terminals.ts';
import type { Ports } from '../tunnels/ports.ts';
import type { Tunnels } from '../tunnels/tunnels.ts';
import type { Connections } from './connections.ts';
import type { CurrentContext } from './current-context.ts';
import type { Isolate } from './isolate.ts';
import { bySource, type Remembered } from './remembered.ts';
import { sentences } from './sentences.ts';

/** Closes connections, and keeps or removes their kubeconfig entries. */
export interface Disconnect extends Pick<Connections, 'disconnect' | 'disconnectAll' | 'remove'> {
  /** Resolves when none of these is being disconnected: the latest request decides the result. */
  settled(ids: readonly ClusterId[]): Promise<void>;
  /** As `remove`, for the agent itself: `settled` does not wait for it. `left` are those whose entry could not be removed. */
  removeNow(
    ids: readonly ClusterId[],
  ): Promise<{ readonly warnings: readonly string[]; readonly left: readonly ClusterId[] }>;
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
  const {
    remembered,
    kubeconfig,
    currentContext,
    tunnels,
    ports,
    apiProxies,
    keepsEntries,
    terminals,
    renew,
  } = options;
  const known = (ids: readonly ClusterId[]) => ids.flatMap((id) => remembered.get(id) ?? []);
  const isOpen = (id: ClusterId) => (tunnels.find(id)?.state().status ?? 'idle') !== 'idle';

  /**
   * Changes the kubeconfigs of these clusters. What cannot be changed is left to do: it must not keep a tunnel open.
   */
  const withdraw = async (
    how: 'remove' | 'release',
    ids: readonly ClusterId[],
    caller?: KubeconfigSource | undefined,
  ) => {
    const warnings: string[] = [];
    const left: ClusterId[] = [];
    const sources = caller === undefined ? bySource(known(ids)) : [[caller, ids] as const];
    for (const [source, group] of sources) {
      try {
        const done = await (how === 'remove'
          ? kubeconfig.remove(source, group)
          : kubeconfig.release(source, group, { everywhere: caller === undefined }));
        warnings.push(...done.warnings, ...done.failures.map(sentences));
        const removed = new Set<string>('removed' in done ? (done.removed as readonly string[]) : []);
        if (done.failures.length > 0) left.push(...group.filter((id) => !removed.has(id)));
      } catch (error) {
        warnings.push(sentences(error));
        left.push(...group);
      }
    }
    return { warnings, left };
  };

  /** Runs one step of a disconnect. One that fails is reported, and the others follow. */
  const stepsOf = (warnings: string[]) => async (work: Promise<unknown>) => {
    await work.catch((error: unknown) => warnings.push(sentences(error)));
  };

  const removeNow = async (ids: readonly ClusterId[]) => {
    const { warnings, left } = await withdraw('remove', ids);
    const step = stepsOf(warnings);
    if (left.length > 0) warnings.push(leftText(left));
    // Do this before the tunnels close, so that a connect meanwhile gets the new password.
    for (const id of ids) await step(ports.rotate(id));
    if (apiProxies !== undefined) await step(apiProxies.end((id) => ids.includes(id)));
    await step(remembered.drop(ids.filter((id) => !left.includes(id))));
    // Remove them again when the file can be written.
    await step(remembered.put(known(left).map((connection) => ({ ...connection, status: 'kept' }))));
    await step(currentContext.dropLimits(ids));
    await step(Promise.all(ids.map((id) => tunnels.close(id))));
    // A terminal of the cluster has the password that was replaced.
    for (const id of ids.filter(terminals.uses)) await step(renew(id));
    return { warnings, left };
  };

  /** In the caller's kubeconfig. The context stays on demand in others, where somebody may use it. */
  const keepNow = async (ids: readonly ClusterId[], caller: KubeconfigSource | undefined) => {
    const { warnings } = await withdraw('release', ids, caller);
    const step = stepsOf(warnings);
    await step(remembered.put(known(ids).map((connection) => ({ ...connection, status: 'kept' }))));
    await step(currentContext.dropLimits(ids, caller));
    await step(Promise.all(ids.map((id) => tunnels.close(id, { listening: true }))));
    return { warnings };
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
      const { warnings } = await (keepsEntries() ? keepNow(ours, caller) : removeNow(ours));
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
      const wanted = known(ids).map(({ cluster }) => cluster);
      const { warnings, left } = await whileClosing(wanted, removeNow(wanted));
      return { removed: wanted.filter((id) => !left.includes(id)), warnings };
    },
    async settled(ids) {
      await Promise.allSettled(ids.map((id) => closing.get(id)));
    },
    removeNow,
  };
}

function leftText(ids: readonly ClusterId[]): string {
  const commands = ids.map((id) => command`k8s-tunnels remove ${id}`).join('; ');
  return `Tunnels are closed, but entries are left in the kubeconfig. When the file can be written: ${commands}`;
}
