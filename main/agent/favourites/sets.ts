import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { AppError } from '../../model/app-error.ts';
import { type ClusterSet, ownSetSchema } from '../../model/cluster-set.ts';
import { setKey } from '../../model/set-limits.ts';
import type { Logger } from '../parts.ts';
import { jsonList } from '../storage/json-list.ts';

const atMost = 50;

/** The user's sets and those of the organisation, by name. */
export interface Sets {
  /** Returns the user's own, and those of the organisation whose name no own set has. */
  list(): readonly ClusterSet[];
  /**
   * Saves an own set. Replaces an own one whose name differs only by case, and the set `replaces`, which it renames.
   * Rejects with `bad-input` if there are too many, or if a renamed set would take the name of a third one.
   */
  save(set: ClusterSet & { readonly replaces?: string | undefined }): Promise<void>;
  /** Safe to call twice. Rejects with `bad-input` for a set of the organisation. */
  remove(name: string): Promise<void>;
  /** Reports the sets again if those of the organisation have changed. */
  renew(): void;
}

export async function createSets(options: {
  readonly folder: string;
  readonly logger: Logger;
  /** Returns the organisation's sets. */
  readonly others?: () => readonly ClusterSet[];
  readonly onChange: (list: readonly ClusterSet[]) => void;
}): Promise<Sets> {
  const { others = () => [] } = options;
  const file = jsonList({
    file: path.join(options.folder, 'sets.json'),
    version: 1,
    entry: ownSetSchema,
    onUnreadable: (name, reason) => options.logger.warn('Sets start empty', { file: name, reason }),
  });
  let own: readonly ClusterSet[] = (await file.read()) ?? [];
  let shown = all();

  function all(): readonly ClusterSet[] {
    const names = new Set(own.map(({ name }) => setKey(name)));
    const further = others().filter(({ name }) => !names.has(setKey(name)));
    return [...own, ...further].sort((a, b) => a.name.localeCompare(b.name));
  }
  const report = () => {
    shown = all();
    options.onChange(shown);
  };
  const keep = async (next: readonly ClusterSet[]) => {
    own = next;
    report();
    await file.write([...own]);
  };
  const isNamed =
    (name: string) =>
    ({ name: other }: ClusterSet) =>
      setKey(other) === setKey(name);
  return {
    list: () => shown,
    async save({ name, clusters, replaces = name }) {
      if (setKey(replaces) !== setKey(name) && shown.some(isNamed(name)))
        throw new AppError('bad-input', `There is a set called "${name}" already.`, {
          hint: 'Choose another name.',
        });
      const rest = own.filter((set) => !isNamed(name)(set) && !isNamed(replaces)(set));
      if (rest.length >= atMost)
        throw new AppError('bad-input', `There are ${atMost} sets already.`, {
          hint: 'Remove one that you do not need.',
        });
      await keep([...rest, { name, clusters: [...new Set(clusters)] }]);
    },
    async remove(name) {
      const rest = own.filter((set) => !isNamed(name)(set));
      if (rest.length < own.length) return keep(rest);
      if (shown.some(isNamed(name)))
        throw new AppError('bad-input', `"${name}" is a set of your organisation, which cannot be removed.`, {
          hint: 'Save a set of the same name to use yours instead.',
        });
    },
    renew() {
      if (!isDeepStrictEqual(all(), shown)) report();
    },
  };
}
