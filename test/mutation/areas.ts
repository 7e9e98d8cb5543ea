import { glob, readFile } from 'node:fs/promises';
import path from 'node:path';
import { type Mutant, mutantsOf } from './mutants.ts';

export const root = path.resolve(import.meta.dirname, '..', '..');

/** The core, whose mistakes cost users most: they cut connections, lose bytes of a file, or let secrets out. */
export const areas = {
  tunnels: 'main/agent/tunnels',
  kubeconfig: 'main/agent/kubeconfig',
  access: 'main/agent/access',
  catalog: 'main/agent/catalog',
  redaction: 'main/redaction',
} as const;

export type Area = keyof typeof areas;

export function isArea(text: string): text is Area {
  return Object.hasOwn(areas, text);
}

/** Fifteen lines that run in a thread of its own, which no change of this run reaches. */
const outOfReach = 'main/agent/kubeconfig/plan-worker.ts';

/** The tests of the core and those of the parts that call it directly. */
export const testFiles = [
  'test/agent/{tunnels,kubeconfig,access,catalog}/**/*.test.ts',
  'test/agent/{connections,credentials,discovery,logins,operations}/**/*.test.ts',
  'test/redaction/**/*.test.ts',
];

/** Resolves with all mutants of an area, file by file. */
export async function mutantsIn(area: Area): Promise<readonly Mutant[]> {
  const files: string[] = [];
  for await (const file of glob(`${areas[area]}/**/*.ts`, { cwd: root }))
    files.push(file.replaceAll(path.sep, '/'));
  files.sort((one, other) => (one < other ? -1 : 1));
  const reached = files.filter((file) => file !== outOfReach);
  const found = await Promise.all(
    reached.map(async (file) => mutantsOf(file, await readFile(path.join(root, file), 'utf8'))),
  );
  return found.flat();
}
