import path from 'node:path';
import { z } from 'zod';
import { toPlainError } from '../../model/app-error.ts';
import type { KubeconfigSource } from '../kubeconfig/kubeconfig.ts';
import type { Logger } from '../parts.ts';
import { jsonFile } from '../storage/json-file.ts';
import { keyOf } from './remembered.ts';

/** How many kubeconfigs to remember. The oldest goes first. */
const atMost = 100;

/** The context that was current before the last switch to a context that is not ours, for each kubeconfig. */
export interface PreviousContexts {
  get(source: KubeconfigSource): string | undefined;
  /** Never rejects: what was switched stays switched. */
  put(source: KubeconfigSource, context: string | undefined): Promise<void>;
}

export async function readPreviousContexts(options: {
  readonly folder: string;
  readonly logger: Logger;
}): Promise<PreviousContexts> {
  const { folder, logger } = options;
  const file = jsonFile<readonly (readonly [string, string])[]>({
    file: path.join(folder, 'previous-contexts.json'),
    version: 1,
    schema: z.array(z.tuple([z.string(), z.string()])),
    onUnreadable: (name, reason) =>
      logger.warn('The previous contexts cannot be read', { file: name, reason }),
  });
  const known = new Map(await file.read());
  return {
    get: (source) => known.get(keyOf(source)),
    async put(source, context) {
      const key = keyOf(source);
      if (!known.delete(key) && context === undefined) return;
      if (context !== undefined) known.set(key, context);
      for (const oldest of [...known.keys()].slice(0, Math.max(0, known.size - atMost))) known.delete(oldest);
      await file
        .write([...known])
        .catch((error: unknown) =>
          logger.warn('The previous context is not stored', { error: toPlainError(error) }),
        );
    },
  };
}
