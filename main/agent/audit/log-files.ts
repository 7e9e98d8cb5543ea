import path from 'node:path';

/** How many files there are besides the current one. */
const older = 4;

/** Returns the files of the audit log, the newest first. */
export function logFiles(folder: string): readonly string[] {
  const current = path.join(folder, 'audit.jsonl');
  return [current, ...Array.from({ length: older }, (_, at) => `${current}.${at + 1}`)];
}
