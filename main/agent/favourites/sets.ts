import path from 'node:path';
import { z } from 'zod';
import { AppError } from '../../model/app-error.ts';
import { type ClusterSet, clusterSetSchema } from '../../model/cluster-set.ts';
import type { Logger } from '../parts.ts';
import { jsonFile } from '../storage/json-file.ts';

const atMost = 50;

/** The user's sets, by name. */
export interface Sets {
  list(): readonly ClusterSet[];
  /** Replaces a set whose name differs only by case. Rejects with `bad-input` if there are too many. */
  save(set: ClusterSet): Promise<void>;
  /** Safe to call twice. */
  remove(name: string): Promise<void>;
}

export async function createSets(options: {
  readonly folder: string;
  readonly logger: Logger;
  readonly onChange: (list: readonly ClusterSet[]) => void;
}): Promise<Sets> {
  const file = jsonFile({
    file: path.join(options.folder, 'sets.json'),
    version: 1,
    schema: z.array(clusterSetSchema).max(atMost),
    onUnreadable: (name, reason) => options.logger.warn('Sets start empty', { file: name, reason }),
  });
  let list: readonly ClusterSet[] = (await file.read()) ?? [];
  const without = (name: string) => list.filter((set) => keyOf(set.name) !== keyOf(name));
  const keep = async (next: readonly ClusterSet[]) => {
    list = next.toSorted((a, b) => a.name.localeCompare(b.name));
    options.onChange(list);
    await file.write([...list]);
  };
  return {
    list: () => list,
    async save({ name, clusters }) {
      const others = without(name);
      if (others.length >= atMost)
        throw new AppError('bad-input', `There are ${atMost} sets already.`, {
          hint: 'Remove one that you do not need.',
        });
      await keep([...others, { name, clusters: [...new Set(clusters)] }]);
    },
    async remove(name) {
      const others = without(name);
      if (others.length < list.length) await keep(others);
    },
  };
}

function keyOf(name: string): string {
  return name.normalize().toLowerCase();
}
