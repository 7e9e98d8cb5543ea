import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { z } from 'zod';
import { once } from '../async/once.ts';
import type { Logger } from '../parts.ts';
import { jsonFile } from '../storage/json-file.ts';

/** The id of this agent's state folder: of two agents with a folder each, each has its own entries in one kubeconfig. */
export interface Owner {
  id(): Promise<string>;
  /** Stores the id, if it is new. Resolves when it is on disk: do so before an entry has it. */
  save(): Promise<void>;
}

/** Reads the id from `file`, or makes one of the computer's name, which tells users whose an entry is. */
export function createOwner(file: string, logger: Logger): Owner {
  const storage = jsonFile({
    file,
    version: 1,
    schema: z.object({ id: z.string().min(1) }),
    onUnreadable: (name, reason) =>
      logger.warn('The id of this agent cannot be read', { file: name, reason }),
  });
  const load = once(async () => {
    const known = await storage.read();
    if (known !== undefined) return { id: known.id, isNew: false };
    const name = hostname()
      .replaceAll(/[^A-Za-z0-9.-]/g, '')
      .slice(0, 40);
    return { id: `${name || 'computer'}-${randomBytes(4).toString('hex')}`, isNew: true };
  });
  const store = once(async () => {
    const { id, isNew } = await load();
    if (isNew) await storage.write({ id });
  });
  return { id: async () => (await load()).id, save: store };
}
