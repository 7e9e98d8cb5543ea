import path from 'node:path';
import { z } from 'zod';
import { toPlainError } from '../../model/app-error.ts';
import { type ClusterId, clusterIdSchema } from '../../model/cluster.ts';
import type { GivenContextNames } from '../../model/context-name.ts';
import type { Logger } from '../parts.ts';
import { jsonFile } from '../storage/json-file.ts';

/**
 * The context names that were written into a kubeconfig, and their clusters. A script that names a context must never
 * reach another cluster, also after the first one is gone.
 */
export interface GivenNames {
  list(): GivenContextNames;
  /** Records a name at once. Reports and stores all that are given in one turn together, soon after. */
  give(name: string, id: ClusterId): void;
}

/** The oldest are dropped: a name that nobody has used for so many connections. */
const mostNames = 5_000;

/** Rejects if the file cannot be read. */
export async function createGivenNames(options: {
  readonly folder: string;
  readonly logger: Logger;
  readonly onChange?: ((names: GivenContextNames) => void) | undefined;
}): Promise<GivenNames> {
  const { folder, logger, onChange } = options;
  const file = jsonFile({
    file: path.join(folder, 'context-names.json'),
    version: 1,
    schema: z.record(z.string(), clusterIdSchema),
    onUnreadable: (name, reason) => logger.warn('Context names start empty', { file: name, reason }),
  });
  const names = new Map(Object.entries((await file.read()) ?? {}));
  /** The names as they are now. Undefined after a change. */
  let listed: GivenContextNames | undefined;
  const list = () => {
    listed ??= Object.fromEntries(names);
    return listed;
  };
  let isReported = true;
  const report = () => {
    isReported = true;
    onChange?.(list());
    file.write(list()).catch((error: unknown) => {
      logger.warn('Context names are not saved', { error: toPlainError(error) });
    });
  };
  return {
    list,
    give(name, id) {
      if (names.get(name) === id) return;
      names.set(name, id);
      for (const oldest of names.keys()) {
        if (names.size <= mostNames) break;
        names.delete(oldest);
      }
      listed = undefined;
      if (!isReported) return;
      isReported = false;
      queueMicrotask(report);
    },
  };
}
