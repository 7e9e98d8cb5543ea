import { createHash } from 'node:crypto';
import path from 'node:path';
import type { Cluster } from '../../model/cluster.ts';
import { separateMark } from '../../model/separate-mark.ts';
import type { Agent } from '../agent.ts';
import { privateFolder } from '../storage/private-folder.ts';
import { writeFileAtomic } from '../storage/write-file-atomic.ts';
import type { ProductionActions } from './production.ts';

/**
 * Writes a read-only kubeconfig of a cluster into the state folder, for a window, which gets its path and no secret. The same
 * file each time: written again, it has a new secret.
 */
export function readOnlyFileOperation(options: {
  /** The state folder. */
  readonly folder: string;
  readonly find: (words: readonly string[]) => Promise<readonly Cluster[]>;
  readonly kubeconfigFile: Agent['kubeconfigFile'];
}): ProductionActions['readOnlyFile'] {
  const { find, kubeconfigFile } = options;
  const folder = path.join(options.folder, 'kubeconfigs');
  return async ({ cluster }) => {
    const [found] = await find([cluster]);
    const file = path.join(folder, fileName(found ?? { id: cluster, title: cluster }));
    await privateFolder(folder, { shared: false });
    const { kubeconfig, until } = await kubeconfigFile({ clusters: [cluster], file, readOnly: {} });
    await writeFileAtomic(file, `${separateMark}${kubeconfig}`);
    return { file, until };
  };
}

/** Returns a name that no other cluster has, and that needs no quotes in any shell. */
function fileName({ id, title }: { readonly id: string; readonly title: string }): string {
  const digest = createHash('sha256').update(id).digest('hex').slice(0, 8);
  return `${title.replaceAll(/[^A-Za-z0-9._-]+/g, '-').slice(0, 80)}-read-only-${digest}.yaml`;
}
