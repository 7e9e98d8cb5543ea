import { userInfo } from 'node:os';
import { AppError } from '../../model/app-error.ts';
import type { Cluster, ClusterId } from '../../model/cluster.ts';
import { command } from '../../model/command.ts';
import { plainText } from '../../model/plain-text.ts';
import type { Unlock } from '../../model/unlock.ts';
import { unlockLimits } from '../../model/unlock-limits.ts';
import { plural } from '../../model/wording.ts';
import type { Access } from '../access/access.ts';
import type { ProductionLocks } from '../api-proxy/production-locks.ts';
import type { Catalog } from '../catalog/catalog.ts';
import type { Credentials } from '../credentials/credentials.ts';
import type { OrganisationKeeper } from '../organisation/organisation.ts';
import type { State } from '../state/state.ts';
import type { Tunnels } from '../tunnels/tunnels.ts';
import type { Clusters } from './clusters.ts';

/** What a shell can ask for about production clusters that open read-only, and read-only kubeconfigs. */
export interface ProductionActions {
  /** Writes a read-only kubeconfig of a cluster into the state folder. */
  readOnlyFile(options: { readonly cluster: string }): Promise<{ file: string; until: number }>;
  /** Lets the user write to a connected production cluster that opens read-only, for a time. */
  unlock(options: {
    readonly cluster: string;
    readonly reason: string;
    readonly minutes?: number | undefined;
    /** As in `connect`. */
    readonly production?: boolean | undefined;
  }): Promise<Unlock>;
  /** Ends unlocks. */
  lock(options: {
    readonly clusters: readonly string[] | 'all';
  }): Promise<{ locked: { cluster: ClusterId; title: string }[] }>;
}

/** The operations on production clusters that open read-only. */
export function productionOperations(options: {
  readonly clusters: Pick<Clusters, 'named'>;
  readonly catalog: Pick<Catalog, 'find'>;
  readonly locks: Pick<ProductionLocks, 'applies' | 'unlock' | 'lock'>;
  readonly tunnels: Pick<Tunnels, 'find'>;
  readonly access: Pick<Access, 'teamOf'>;
  readonly credentials: Pick<Credentials, 'identityOf'>;
  readonly state: Pick<State, 'get'>;
  readonly organisation: Pick<OrganisationKeeper, 'current'>;
}): Pick<ProductionActions, 'unlock' | 'lock'> {
  const { clusters, catalog, locks, tunnels, access, credentials, state, organisation } = options;

  /** Returns whose session it is, as far as anything says so. */
  const whoOf = ({ id, reach }: Cluster): string => {
    const team = reach.kind === 'tunnel' ? access.teamOf(reach.hostname) : undefined;
    const session = state.get().sessions.find(({ authDomain }) => authDomain === team);
    return session?.email ?? credentials.identityOf(id)?.used ?? ownAccount();
  };

  return {
    async unlock({ cluster: word, reason: given, minutes, production }) {
      // The desktop app shows it in its question, on a line of its own.
      const reason = plainText(given);
      if (reason === '') throw new AppError('bad-input', 'The reason has no letters.');
      const cluster = catalog.find(word);
      const { id, title } = cluster;
      if (!locks.applies(id))
        throw new AppError('bad-input', `${title} does not open read-only: there is nothing to unlock.`, {
          hint: 'Only production clusters do, where your organisation or the setting productionReadOnly says so.',
        });
      if ((tunnels.find(id)?.state().status ?? 'idle') === 'idle')
        throw new AppError('bad-input', `${title} is not connected.`, {
          hint: `Connect it first: ${command`k8s-tunnels connect --add ${title}`}`,
        });
      const limits = unlockLimits(organisation.current()?.production.unlockMinutes);
      const wanted = minutes ?? limits.default;
      if (wanted > limits.most) {
        const most = plural(limits.most, { one: '# minute', other: '# minutes' });
        throw new AppError('bad-input', `${title} can be unlocked for ${most} at most.`, {
          hint: 'Unlock it again when the time is up.',
        });
      }
      if (production !== true) {
        const time = plural(wanted, { one: '# minute', other: '# minutes' });
        throw new AppError(
          'production-unconfirmed',
          `${title} is a production cluster: you can write to it for ${time} only when you confirm.`,
          { hint: 'Run the command in a terminal, which asks you.' },
        );
      }
      return locks.unlock({ cluster: id, reason, who: whoOf(cluster) }, wanted * 60_000);
    },
    async lock({ clusters: words }) {
      const ids = words === 'all' ? undefined : words.map((word) => catalog.find(word).id);
      const ended = locks.lock((id) => ids?.includes(id) ?? true, 'user');
      return { locked: ended.map(clusters.named) };
    },
  };
}

/** Returns the name of this account, or its number where the computer knows no name. */
function ownAccount(): string {
  try {
    return userInfo().username;
  } catch {
    return `account ${process.getuid?.() ?? 'unknown'}`;
  }
}
