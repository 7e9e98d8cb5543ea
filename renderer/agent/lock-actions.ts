import type { Output } from '../../main/api/contract.ts';
import type { ClusterId } from '../../main/model/cluster.ts';
import { lockText } from '../detail/lock-text.ts';
import { titleOf } from './known-clusters.ts';
import type { Link } from './link.ts';
import type { PageStore } from './page-store.ts';
import type { Reports } from './reports.ts';

/** What a user can do with production clusters that open read-only, and with read-only kubeconfigs. */
export interface LockActions {
  /** Lets the user write for a time: they have confirmed it with the reason. Rejects. */
  unlock(id: ClusterId, reason: string, minutes: number): Promise<void>;
  lock(id: ClusterId): Promise<void>;
  /** Resolves to a read-only kubeconfig on the agent's computer. Rejects. */
  makeReadOnlyFile(id: ClusterId): Promise<Output<'read-only-file'>>;
}

export function createLockActions({
  link,
  store,
  reports,
}: {
  readonly link: Link;
  readonly store: PageStore;
  readonly reports: Reports;
}): LockActions {
  return {
    async unlock(id, reason, minutes) {
      await link.call('unlock', { cluster: id, reason, minutes, production: true });
    },
    lock: (id) =>
      reports.attempt(lockText.notLocked(titleOf(store, id)), () => link.call('lock', { clusters: [id] })),
    makeReadOnlyFile: (id) => link.call('read-only-file', { cluster: id }),
  };
}
