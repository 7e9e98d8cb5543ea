import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import type { Mutant } from './mutants.ts';

const schema = z.array(
  z.strictObject({ file: z.string(), from: z.string(), to: z.string(), reason: z.string().min(1) }),
);

/** A mutant that behaves like the original, so that no test can tell them apart. */
export type Equivalent = z.infer<typeof schema>[number];

/** Resolves with the mutants listed in `equivalent.json`, named as the run prints them. */
export async function readEquivalent(): Promise<readonly Equivalent[]> {
  const file = path.join(import.meta.dirname, 'equivalent.json');
  return schema.parse(JSON.parse(await readFile(file, 'utf8')));
}

export function isEquivalent(mutant: Mutant, listed: readonly Equivalent[]): boolean {
  return listed.some(
    ({ file, from, to }) => mutant.file === file && mutant.from === from && mutant.to === to,
  );
}
