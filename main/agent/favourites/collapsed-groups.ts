import path from 'node:path';
import { z } from 'zod';
import type { Logger } from '../parts.ts';
import { jsonFile } from '../storage/json-file.ts';

/** The groups of the list that the user has collapsed. */
export interface CollapsedGroups {
  list(): readonly string[];
  /** Replaces all of them. */
  set(groups: readonly string[]): Promise<void>;
}

/** Stores them beside the favourites: they are no setting, because no organisation or command needs to set them. */
export async function createCollapsedGroups(options: {
  readonly folder: string;
  readonly logger: Logger;
  readonly onChange: (groups: readonly string[]) => void;
}): Promise<CollapsedGroups> {
  const file = jsonFile({
    file: path.join(options.folder, 'collapsed-groups.json'),
    version: 1,
    schema: z.array(z.string()),
    onUnreadable: (name, reason) => options.logger.warn('All groups are expanded', { file: name, reason }),
  });
  let groups: readonly string[] = (await file.read()) ?? [];
  return {
    list: () => groups,
    async set(next) {
      groups = [...new Set(next)];
      options.onChange(groups);
      await file.write([...groups]);
    },
  };
}
