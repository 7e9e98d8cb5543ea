import { readdir, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { AppError } from '../../model/app-error.ts';
import type { Kubeconfig, KubeconfigEntry } from '../kubeconfig/kubeconfig.ts';
import { type FileState, plan } from '../kubeconfig/plan.ts';
import { privateFolder } from '../storage/private-folder.ts';
import { writeFileAtomic } from '../storage/write-file-atomic.ts';

/**
 * The isolated kubeconfig files: `<folder>/<id>/config`, 0600 in folders with mode 0700. Each has one context of ours,
 * which is current, and what its user adds to it.
 */
export interface TerminalFiles {
  /** Returns the path of a terminal's kubeconfig. */
  fileOf(id: string): string;
  /**
   * Writes the entry into a terminal's kubeconfig. Keeps what the user changed in the file, the namespace and the current
   * context included. Rejects with `file-unwritable` or `disk-full`.
   */
  write(id: string, entry: KubeconfigEntry): Promise<void>;
  /** Removes the folder of a terminal. Does nothing if there is none. */
  remove(id: string): Promise<void>;
  /** Resolves with the ids of all folders. */
  ids(): Promise<readonly string[]>;
}

export function createTerminalFiles(folder: string, kubeconfig: Pick<Kubeconfig, 'owner'>): TerminalFiles {
  const folderOf = (id: string) => path.join(folder, id);
  const fileOf = (id: string) => path.join(folderOf(id), 'config');
  return {
    fileOf,
    async write(id, entry) {
      const file = fileOf(id);
      await privateFolder(folder, { shared: false });
      await privateFolder(folderOf(id), { shared: false });
      const old = await readFile(file).catch(() => undefined);
      const owner = await kubeconfig.owner();
      const planned = (old && renewed(file, old, { entry, owner })) ?? written(file, { entry, owner });
      await writeFileAtomic(file, planned);
    },
    remove: (id) => rm(folderOf(id), { recursive: true, force: true, maxRetries: 3 }),
    ids: () => readdir(folder).catch(() => []),
  };
}

interface Ours {
  readonly entry: KubeconfigEntry;
  /** The id of this agent. */
  readonly owner: string;
}

function written(file: string, { entry, owner }: Ours): Uint8Array {
  const change = { upsert: [entry], current: { id: entry.id } };
  return plan({ file, bytes: Buffer.alloc(0), states: [], change, owner }).bytes;
}

/** Without our entry, a terminal's file has no lists. */
const empty: FileState = {
  hash: '',
  edits: [],
  stanzas: [],
  choices: [],
  found: { lists: { clusters: null, contexts: null, users: null }, current: null },
};

/** Returns undefined if the user's changes left no valid kubeconfig. */
function renewed(file: string, bytes: Uint8Array, { entry, owner }: Ours): Uint8Array | undefined {
  // Without a namespace, the entry keeps the one in the file.
  const { namespace: _, ...rest } = entry;
  try {
    return plan({ file, bytes, states: [], change: { upsert: [rest], reference: empty }, owner }).bytes;
  } catch (error) {
    if (error instanceof AppError) return undefined;
    throw error;
  }
}
