import path from 'node:path';
import { z } from 'zod';
import { toPlainError } from '../../model/app-error.ts';
import type { Organisation } from '../../model/organisation.ts';
import type { Clock, Environment, Logger } from '../parts.ts';
import { jsonFile } from '../storage/json-file.ts';
import { managedFile, readManagedFile } from './managed-file.ts';
import { parseOrganisation } from './parse.ts';

/** The configuration that the computer's administrators installed. */
export interface Managed {
  readonly file: string;
  current(): { readonly organisation: Organisation; readonly readAt: number } | undefined;
  /** Reloads it. An invalid file is a notice, and the last good configuration stays while there is a file. */
  load(): Promise<void>;
}

export function createManaged(options: {
  readonly env: Environment;
  /** The folder for the copy of the last good configuration. */
  readonly state: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly notice: (level: 'warning', message: string) => void;
}): Managed {
  const { env, state, clock, logger, notice } = options;
  const place = managedFile(env);
  const copy = jsonFile({
    file: path.join(state, 'managed-organisation.json'),
    version: 1,
    schema: z.object({ file: z.string(), text: z.string(), readAt: z.number() }),
    onUnreadable: (file, reason) => logger.warn('A copy was set aside', { file, reason }),
  });
  let current: ReturnType<Managed['current']>;

  const lastGood = async (): Promise<typeof current> => {
    try {
      const kept = await copy.read();
      if (kept === undefined || kept.file !== place.file) return undefined;
      return { organisation: parseOrganisation(kept.text, kept.file), readAt: kept.readAt };
    } catch (error) {
      logger.warn('The last good copy cannot be used', { error: toPlainError(error) });
      return undefined;
    }
  };

  /** Stores a copy. Failures are ignored: nothing needs the copy while the file is good. */
  const keep = async (text: string, readAt: number): Promise<void> => {
    try {
      const kept = await copy.read();
      if (kept?.text !== text || kept.file !== place.file)
        await copy.write({ file: place.file, text, readAt });
    } catch (error) {
      logger.warn('The last good copy was not kept', { error: toPlainError(error) });
    }
  };

  return {
    file: place.file,
    current: () => current,
    async load() {
      try {
        const text = await readManagedFile(place);
        if (text === undefined) {
          current = undefined;
          return;
        }
        const readAt = clock.now();
        current = { organisation: parseOrganisation(text, place.file), readAt };
        await keep(text, readAt);
      } catch (error) {
        const { message, hint = '' } = toPlainError(error);
        current ??= await lastGood();
        const then = current === undefined ? 'It is not used.' : 'The previous version stays in effect.';
        notice('warning', `${message} ${then} ${hint}`.trim());
      }
    },
  };
}
