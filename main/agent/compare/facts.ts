import { createHash } from 'node:crypto';
import type { ComparedField } from '../../model/comparison.ts';
import { plainText } from '../../model/plain-text.ts';
import type { WorkloadKind } from '../../model/workload-kinds.ts';

/** One value of a cluster or a workload. */
export interface Fact {
  readonly field: ComparedField;
  readonly container?: string;
  /** For users: one line of bounded length. */
  readonly text: string;
  /** Equal for values that mean the same. */
  readonly key: string;
}

export interface WorkloadFacts {
  readonly kind: WorkloadKind;
  readonly name: string;
  readonly facts: readonly Fact[];
}

/** The longest text of a cluster that is shown. Image names are the longest that occur. */
const longest = 300;

/** Returns text of a cluster as it may be shown: one line without control characters, of bounded length. */
export function shownValue(text: string): string {
  const plain = plainText(text.length > longest * 4 ? text.slice(0, longest * 4) : text);
  return plain.length > longest ? `${plain.slice(0, longest - 1).toWellFormed()}…` : plain;
}

/** Returns a fact with its text as it may be shown. Without a key, its whole text is compared. */
export function fact(
  field: ComparedField,
  text: string,
  { key = text, ...more }: { readonly container?: string; readonly key?: string } = {},
): Fact {
  const short = key.length > longest ? createHash('sha256').update(key).digest('hex') : key;
  return { field, ...more, key: short, text: shownValue(text) };
}
