import { readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { toPlainError } from '../../model/app-error.ts';
import type { Organisation } from '../../model/organisation.ts';
import { jsonFile } from '../storage/json-file.ts';
import { unwritable } from '../storage/write-file-atomic.ts';
import { parseOrganisation } from './parse.ts';
import type { Reading } from './read-source.ts';
import { originSchema, placeOf } from './source.ts';

/** The user's setup as it is stored: the last good text, and its pinned origin and key. */
const storedSchema = z.object({
  origin: originSchema,
  /** Base64 of the ed25519 public key that must sign the next version; the first one if there are several. */
  key: z.string().optional(),
  /** All these keys, if there are several: one of them must sign the next version. */
  keys: z.array(z.string()).min(1).optional(),
  /** The pinned keys that signed this text. */
  signers: z.array(z.string()).optional(),
  /** Of this text. It counts also where this version of the program cannot parse the text. */
  revision: z.number().optional(),
  /**
   * Who gave the key. Only a key that the user gave separately proves who wrote the configuration. Absent means
   * unknown.
   */
  keyFrom: z.enum(['user', 'link']).optional(),
  etag: z.string().optional(),
  text: z.string(),
  /** When the origin last confirmed that this is the newest, ms since the epoch. */
  readAt: z.number(),
  /** A newer version that the user has not accepted yet. */
  pending: z.object({ text: z.string(), etag: z.string().optional() }).optional(),
});
export type Stored = z.infer<typeof storedSchema>;

export interface Kept {
  readonly stored: Stored;
  /** Undefined if this version of the program cannot parse the stored text. */
  readonly organisation: Organisation | undefined;
}

/** The user's setup, the same on disk and in memory. */
export interface OwnSetup {
  current(): Kept | undefined;
  /** Reports a file with unusable content as a notice. Rejects with `file-unreadable`. */
  load(): Promise<void>;
  /** Rejects with `disk-full` or `file-unwritable`; the previous setup then stays. */
  keep(kept: Kept): Promise<void>;
  /** Rejects with `file-unwritable`. */
  remove(): Promise<void>;
}

export function createOwnSetup(options: {
  /** The settings folder: the setup is part of the settings. */
  readonly config: string;
  readonly notice: (level: 'warning', message: string) => void;
}): OwnSetup {
  const { config, notice } = options;
  const place = placeIn(config);
  const file = jsonFile<Stored>({
    file: place,
    version: 1,
    schema: storedSchema,
    onUnreadable: (_, reason, aside) =>
      notice(
        'warning',
        `Your organisation's configuration could not be read (${reason}) and was set aside as ${aside}. Set it up again: k8s-tunnels setup`,
      ),
  });
  let current: Kept | undefined;

  const understand = ({ text, origin }: Stored): Organisation | undefined => {
    try {
      return parseOrganisation(text, placeOf(origin));
    } catch (error) {
      const { message } = toPlainError(error);
      notice('warning', `Your organisation's configuration is not used by this version: ${message}`);
      return undefined;
    }
  };

  return {
    current: () => current,
    async load() {
      const stored = await file.read();
      current = stored === undefined ? undefined : { stored, organisation: understand(stored) };
    },
    async keep(kept) {
      await file.write(kept.stored);
      current = kept;
    },
    async remove() {
      await rm(place, { force: true }).catch((cause: unknown) => {
        throw unwritable(place, cause);
      });
      current = undefined;
    },
  };
}

/** Reads the user's setup without an agent, and leaves the file as it is. Resolves with undefined if it is not readable. */
export async function peekOwnSetup(config: string): Promise<Stored | undefined> {
  try {
    const raw: unknown = JSON.parse(await readFile(placeIn(config), 'utf8'));
    return z.object({ version: z.literal(1), data: storedSchema }).parse(raw).data;
  } catch {
    return undefined;
  }
}

function placeIn(config: string): string {
  return path.join(config, 'organisation.json');
}

/** Returns the setup to store for a reading that was accepted. `keys` are pinned from now on. */
export function storedFrom(options: {
  readonly origin: Stored['origin'];
  readonly keys: readonly string[];
  readonly keyFrom: Stored['keyFrom'];
  readonly reading: Reading;
  readonly organisation: Organisation;
  readonly now: number;
}): Stored {
  const { origin, keys, keyFrom, reading, organisation, now } = options;
  const { etag, text, signers } = reading;
  const [key] = keys;
  const { revision } = organisation;
  return {
    origin,
    ...(key === undefined ? {} : { key }),
    ...(keys.length > 1 ? { keys: [...keys] } : {}),
    ...(keyFrom === undefined ? {} : { keyFrom }),
    ...(signers.length === 0 ? {} : { signers: [...signers] }),
    ...(revision === undefined ? {} : { revision }),
    ...(etag === undefined ? {} : { etag }),
    text,
    readAt: now,
  };
}

/** Returns the revision that was accepted last, if it had one. */
export function acceptedRevision({ stored, organisation }: Kept): number | undefined {
  return stored.revision ?? organisation?.revision;
}
