import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { AppError, type PlainError, toPlainError } from '../../model/app-error.ts';
import type { Organisation } from '../../model/organisation.ts';
import type { Clock, Environment, Logger } from '../parts.ts';
import { jsonFile } from '../storage/json-file.ts';
import { isOlder } from './conflict.ts';
import { managedFile, readManagedFile } from './managed-file.ts';
import { managedSigners } from './managed-signature.ts';
import { parseOrganisation } from './parse.ts';

interface Accepted {
  readonly organisation: Organisation;
  readonly readAt: number;
  /** The keys that have signed it. Undefined if it needs no signature. */
  readonly signers?: readonly string[] | undefined;
}

/** Why the file is not in effect. */
export interface Refused {
  readonly at: number;
  readonly error: PlainError;
}

/** The configuration that the computer's administrators installed. */
export interface Managed {
  readonly file: string;
  current(): Accepted | undefined;
  /** Returns why the file as it is now is not used. Undefined if it is, or if there is none. */
  refused(): Refused | undefined;
  /**
   * Reloads it. An invalid file, or one with a lower revision than the last accepted, is a notice, and the last good
   * configuration stays while there is a file. The same problem is one notice.
   */
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
    schema: z.object({
      file: z.string(),
      text: z.string(),
      readAt: z.number(),
      /** Of this text. It counts also where this version of the program cannot parse the text. */
      revision: z.number().optional(),
      signers: z.array(z.string()).optional(),
    }),
    onUnreadable: (file, reason) => logger.warn('A copy was set aside', { file, reason }),
  });
  let current: Accepted | undefined;
  let refused: Refused | undefined;

  const readCopy = async () => {
    try {
      const kept = await copy.read();
      return kept?.file === place.file ? kept : undefined;
    } catch (error) {
      logger.warn('The last good copy cannot be used', { error: toPlainError(error) });
      return undefined;
    }
  };
  type Copy = Awaited<ReturnType<typeof readCopy>>;

  const lastGood = (kept: Copy): Accepted | undefined => {
    if (kept === undefined) return undefined;
    try {
      const { readAt, signers } = kept;
      return { organisation: parseOrganisation(kept.text, kept.file), readAt, signers };
    } catch (error) {
      logger.warn('The last good copy cannot be used', { error: toPlainError(error) });
      return undefined;
    }
  };

  /** Stores a copy. Failures are ignored: nothing needs the copy while the file is good. */
  const keep = async (kept: Copy, text: string, accepted: Accepted): Promise<void> => {
    const { readAt, organisation, signers } = accepted;
    const { revision } = organisation;
    if (kept?.text === text && kept.revision === revision && isDeepStrictEqual(kept.signers, signers)) return;
    try {
      await copy.write({
        file: place.file,
        text,
        readAt,
        ...(revision === undefined ? {} : { revision }),
        ...(signers === undefined ? {} : { signers: [...signers] }),
      });
    } catch (error) {
      logger.warn('The last good copy was not kept', { error: toPlainError(error) });
    }
  };

  /** An older file with a good signature can be put there again by who installs files without having the key. */
  const refuseOlder = (next: Organisation, kept: Copy): void => {
    const accepted =
      current?.organisation.revision ?? kept?.revision ?? lastGood(kept)?.organisation.revision;
    if (!isOlder(next, accepted)) return;
    throw new AppError(
      'organisation-refused',
      `${place.file} has an older revision than the last accepted one (${next.revision ?? 'none'} after ${accepted}).`,
      {
        hint: 'An administrator goes back on purpose by installing the older content with a higher revision.',
      },
    );
  };

  const accept = async (text: string): Promise<void> => {
    const signers = await managedSigners(place, text);
    const organisation = parseOrganisation(text, place.file);
    const kept = await readCopy();
    refuseOlder(organisation, kept);
    current = { organisation, readAt: clock.now(), signers };
    await keep(kept, text, current);
  };

  return {
    file: place.file,
    current: () => current,
    refused: () => refused,
    async load() {
      try {
        const text = await readManagedFile(place);
        if (text === undefined) current = undefined;
        else await accept(text);
        refused = undefined;
      } catch (error) {
        const plain = toPlainError(error);
        current ??= lastGood(await readCopy());
        const isKnown = refused?.error.message === plain.message;
        refused = { at: clock.now(), error: plain };
        const then = current === undefined ? 'It is not used.' : 'The previous version stays in effect.';
        if (!isKnown) notice('warning', `${plain.message} ${then} ${plain.hint ?? ''}`.trim());
      }
    },
  };
}
