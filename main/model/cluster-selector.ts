import { accountText } from './account-name.ts';
import type { Cluster } from './cluster.ts';

/** The fields that select clusters, and a cluster's values of each. */
const readings = {
  environment: ({ environment }) => [environment],
  group: ({ group }) => [group],
  account: (cluster) => [cluster.account, cluster.accountName, accountText(cluster)],
  source: ({ source }) => [source],
  region: ({ region }) => [region],
  name: ({ title, name }) => [title, name],
  owner: ({ owner }) => [owner],
} as const satisfies Record<string, (cluster: Cluster) => readonly (string | undefined)[]>;

export type SelectorField = keyof typeof readings;
export const selectorFields = Object.keys(readings) as readonly SelectorField[];

export interface TagPair {
  readonly field: SelectorField;
  readonly value: string;
}

export function isSelectorField(text: string): text is SelectorField {
  return Object.hasOwn(readings, text);
}

/** Returns whether a cluster has the value of every pair. Upper and lower case are the same. */
export function isSelected(cluster: Cluster, pairs: readonly TagPair[]): boolean {
  return pairs.every(({ field, value }) =>
    readings[field](cluster).some((text) => text?.toLowerCase() === value.toLowerCase()),
  );
}

/** Returns the pairs of a choice that is written as an object. */
export function pairsIn(tags: { readonly [F in SelectorField]?: string | undefined }): readonly TagPair[] {
  return selectorFields.flatMap((field) => {
    const value = tags[field];
    return value === undefined ? [] : [{ field, value }];
  });
}
