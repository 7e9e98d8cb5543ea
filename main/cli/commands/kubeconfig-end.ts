import { rm } from 'node:fs/promises';
import path from 'node:path';
import { exitCodes } from '../exit-codes.ts';
import { writeJson, writeLines } from '../report.ts';
import { containerFiles, isSeparateFile } from '../separate-file.ts';
import type { Session } from '../session.ts';
import { printable } from '../terminal.ts';

/** Ends what a separate kubeconfig opens, and removes it: a file, or the folder of a container. */
export async function runKubeconfigEnd(session: Session, named: string): Promise<number> {
  const { client, json, progress } = session;
  const folder = path.resolve(named);
  const inFolder = path.join(folder, containerFiles.kubeconfig);
  const isFolder = (await isSeparateFile(inFolder)) !== 'missing';
  const file = isFolder ? inFolder : folder;
  progress.update('Ending the kubeconfig');
  const result = await client.call('kubeconfig-file-end', { file });
  const names = isFolder ? Object.values(containerFiles).map((name) => path.join(folder, name)) : [file];
  if ((await isSeparateFile(file)) === true) for (const name of names) await rm(name, { force: true });
  progress.end();
  if (json) writeJson(result);
  else
    writeLines([
      `Ended: ${printable(file)}  ${result.ended.map(({ title }) => printable(title)).join(', ')}`,
    ]);
  return exitCodes.ok;
}
