import path from 'node:path';
import { loadRelay } from '../program-file.ts';
import { writeAside } from '../report.ts';

/** Passes connections on until the process ends: with a command, until that has ended. Resolves never. */
export async function runRelay(
  folder: string,
  host: string | undefined,
  command: readonly string[],
): Promise<number> {
  const { serve } = await loadRelay();
  serve({ folder: path.resolve(folder), host, command, log: (text) => writeAside([text]) });
  return new Promise(() => {});
}
