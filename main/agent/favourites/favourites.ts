import path from 'node:path';
import { z } from 'zod';
import { type ClusterId, clusterIdSchema } from '../../model/cluster.ts';
import type { Logger } from '../parts.ts';
import { jsonFile } from '../storage/json-file.ts';

/** The user's favourites, in their order. Stored by ID, so a renamed cluster stays a favourite. */
export interface Favourites {
  list(): readonly ClusterId[];
  /** Adds (at the end) or removes a favourite. Safe to call twice. */
  set(id: ClusterId, on: boolean): Promise<void>;
  /** Reorders the favourites. Ignores IDs that are not favourites; missing ones stay at the end. */
  order(ids: readonly ClusterId[]): Promise<void>;
}

export async function createFavourites(options: {
  readonly folder: string;
  readonly logger: Logger;
  readonly onChange: (list: readonly ClusterId[]) => void;
}): Promise<Favourites> {
  const file = jsonFile({
    file: path.join(options.folder, 'favourites.json'),
    version: 1,
    schema: z.array(clusterIdSchema),
    onUnreadable: (name, reason) => options.logger.warn('Favourites start empty', { file: name, reason }),
  });
  let list: readonly ClusterId[] = (await file.read()) ?? [];
  const keep = async (next: readonly ClusterId[]) => {
    list = next;
    options.onChange(list);
    await file.write([...list]);
  };
  return {
    list: () => list,
    async set(id, on) {
      if (list.includes(id) === on) return;
      await keep(on ? [...list, id] : list.filter((one) => one !== id));
    },
    async order(ids) {
      const first = [...new Set(ids)].filter((id) => list.includes(id));
      await keep([...first, ...list.filter((id) => !first.includes(id))]);
    },
  };
}
