import path from 'node:path';
import { loadRelay } from '../program-file.ts';
import { writeAside } from '../report.ts';

/** Passes connections on until the process ends. Resolves never. */
export async function runRelay(folder: string, host: string | undefined): Promise<number> {
  const { relay } = await loadRelay();
  relay({ folder: path.resolve(folder), host, log: (text) => writeAside([text]) });
  return new Promise(() => {});
}
