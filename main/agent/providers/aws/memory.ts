import { z } from 'zod';
import { toPlainError } from '../../../model/app-error.ts';
import { once } from '../../async/once.ts';
import type { Clock, Logger } from '../../parts.ts';
import { jsonFile } from '../../storage/json-file.ts';

const grantedSchema = z.object({
  id: z.string(),
  /** The account's display name. */
  name: z.string().optional(),
  roles: z.array(z.string()),
  /** The role that listed clusters last time. */
  works: z.string().optional(),
});

const memorySchema = z.object({
  /** What Identity Center grants, by start URL: the portal answers only about 20 requests a second. */
  portals: z.record(
    z.string(),
    z.object({
      readAt: z.number(),
      /** The name of the token that read it: the grants of one user do not apply to the next. */
      token: z.string().optional(),
      accounts: z.array(grantedSchema),
    }),
  ),
  /** The opt-in regions that an account has enabled. */
  regions: z.record(z.string(), z.object({ readAt: z.number(), more: z.array(z.string()) })),
});

export type GrantedAccount = z.infer<typeof grantedSchema>;
type Memory = z.infer<typeof memorySchema>;

/** What earlier runs learned about AWS, on disk: no credentials, and nothing that cannot be read again. */
export interface AwsMemory {
  /** May be changed in place; `save` then writes it. */
  read(): Promise<Memory>;
  /** Never rejects, because losing this data is harmless. Writes nothing if nothing has changed. */
  save(): Promise<void>;
}

/** How long it is valid. */
const memoryLifeMs = 24 * 3_600_000;

/** Returns whether data is still valid; false if the clock was set back. */
export function isRecent(readAt: number | undefined, clock: Clock, lifeMs = memoryLifeMs): boolean {
  const age = clock.now() - (readAt ?? Number.NEGATIVE_INFINITY);
  return age >= 0 && age < lifeMs;
}

/** Without a file, nothing outlives the process. */
export function createAwsMemory(options: {
  readonly file: string | undefined;
  readonly logger: Logger;
}): AwsMemory {
  const { logger } = options;
  const empty = (): Memory => ({ portals: {}, regions: {} });
  if (options.file === undefined) return { read: once(async () => empty()), save: async () => {} };
  const file = jsonFile({
    file: options.file,
    version: 1,
    schema: memorySchema,
    onUnreadable: (name, reason) => logger.warn('what was known of AWS is set aside', { file: name, reason }),
  });
  let written = '';
  const read = once(async (): Promise<Memory> => {
    const stored = await file.read().catch((error: unknown) => {
      logger.warn('what was known of AWS cannot be read', { error: toPlainError(error) });
      return undefined;
    });
    written = JSON.stringify(stored);
    return stored ?? empty();
  });
  return {
    read,
    async save() {
      const current = await read();
      const text = JSON.stringify(current);
      if (text === written) return;
      written = text;
      await file.write(current).catch((error: unknown) => {
        logger.warn('what is known of AWS is not saved', { error: toPlainError(error) });
      });
    },
  };
}
