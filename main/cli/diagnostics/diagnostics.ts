import { open, rm } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { kubectlHome } from '../../agent/kubeconfig/kubectl-home.ts';
import type { WorkerScript } from '../../agent/kubeconfig/planner.ts';
import { pathsFrom } from '../../agent/paths.ts';
import { AppError, errnoOf } from '../../model/app-error.ts';
import { workingFolder } from '../caller-environment.ts';
import { exitCodes } from '../exit-codes.ts';
import { startProgress } from '../progress.ts';
import { writeAside, writeJson, writeLines } from '../report.ts';
import { table } from '../table.ts';
import { hasTerminal, printable } from '../terminal.ts';
import { collect, type Entry } from './contents.ts';
import { tarOf } from './tar.ts';

export interface DiagnosticsFlags {
  readonly output?: string;
  readonly yes?: true;
  readonly list?: true;
}

/**
 * Shows what an archive for a report of a fault would hold, and writes it after a yes. Starts no agent and no login. Resolves
 * with the exit code, and with true if a probe is still running. Rejects with `bad-input` if the file exists or there is no one to ask, with `cancelled` after a no, with
 * `file-unwritable`.
 */
export async function runDiagnostics(
  { output, yes, list }: DiagnosticsFlags,
  { json, worker }: { readonly json: boolean; readonly worker: WorkerScript | undefined },
): Promise<{ readonly code: number; readonly isLate: boolean }> {
  const { env } = process;
  const paths = pathsFrom(env);
  const cwd = workingFolder();
  const now = new Date();
  const file = path.resolve(cwd, output ?? `k8s-tunnels-diagnostics-${stampOf(now)}.tar.gz`);
  const progress = startProgress();
  progress.update('Collecting');
  const source = { kubeconfig: env.KUBECONFIG, cwd, home: kubectlHome(env, paths.home) };
  const { entries, isLate } = await collect({ env, paths, source, folder: cwd, worker });
  progress.end();
  const isWritten = list !== true;
  if (!json) (isWritten ? writeAside : writeLines)(listing(entries, isWritten ? file : undefined));
  if (isWritten) {
    if (yes !== true) await confirmWrite(json);
    const archive = tarOf(
      entries.map(({ name, text }) => ({ name: `k8s-tunnels-diagnostics/${name}`, text })),
      now.getTime(),
    );
    await writeNew(file, await promisify(gzip)(archive));
  }
  const contents = entries.map(({ name, about, text }) => ({ name, about, bytes: Buffer.byteLength(text) }));
  if (json) writeJson({ file: isWritten ? file : null, contents });
  else if (isWritten) writeLines([`✓ ${printable(file)}`]);
  return { code: exitCodes.ok, isLate };
}

function listing(entries: readonly Entry[], file: string | undefined): readonly string[] {
  const rows = entries.map(({ name, about, text }) => [name, sizeText(Buffer.byteLength(text)), about]);
  return [
    file === undefined ? 'The archive would hold:' : `The archive ${printable(file)} will hold:`,
    ...table(rows, '  '),
    'Secrets are removed. Names of clusters, hosts, accounts, users and folders are in it: read it before you pass it on.',
  ];
}

function sizeText(bytes: number): string {
  return bytes < 1_000 ? `${bytes} B` : `${Math.ceil(bytes / 1_000)} kB`;
}

async function confirmWrite(json: boolean): Promise<void> {
  if (json || !hasTerminal())
    throw new AppError('bad-input', 'There is no terminal to ask in. Nothing was written.', {
      hint: 'Look at it with --list, then add --yes.',
    });
  const { confirm } = await import('@clack/prompts');
  const answer = await confirm({ message: 'Write it?', initialValue: false });
  if (answer !== true) throw new AppError('cancelled', 'Nothing was written.');
}

/** Writes a file that does not exist yet, for this account alone. */
async function writeNew(file: string, bytes: Uint8Array): Promise<void> {
  let isMade = false;
  try {
    const handle = await open(file, 'wx', 0o600);
    isMade = true;
    await handle.writeFile(bytes).finally(() => handle.close());
  } catch (cause) {
    if (isMade) await rm(file, { force: true });
    const errno = errnoOf(cause) ?? 'unknown error';
    throw errno === 'EEXIST'
      ? new AppError('bad-input', `${file} exists. Nothing was written.`, {
          hint: 'Name a new file with --output.',
        })
      : new AppError('file-unwritable', `${file} cannot be written (${errno}).`, {
          hint: 'Name another file with --output.',
          cause,
        });
  }
}

/** Such as `20261129-134012`. */
function stampOf(date: Date): string {
  return date.toISOString().slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '-');
}
