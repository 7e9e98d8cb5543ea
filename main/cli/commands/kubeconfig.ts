import type { KubeconfigEdit } from '../../model/kubeconfig-view.ts';
import { exitCodes } from '../exit-codes.ts';
import { writeJson } from '../json-document.ts';
import { writeAside, writeLines } from '../report.ts';
import type { Session } from '../session.ts';
import { table } from '../table.ts';
import { paint, printable, warningLine } from '../terminal.ts';

/** Lists what k8s-tunnels changed in the kubeconfig, the latest first. */
export async function runHistory(session: Session): Promise<number> {
  const { client, json, place, progress } = session;
  const { edits } = await client.call('kubeconfig-history', { place });
  progress.end();
  if (json) writeJson({ edits });
  else if (edits.length === 0) writeLines(['k8s-tunnels has not changed this kubeconfig.']);
  else writeLines(table(edits.map((edit) => [edit.id, timeText(edit.at), editText(edit), edit.file])));
  return exitCodes.ok;
}

/** Prints what an edit changed, the latest where undefined, as a unified diff. */
export async function runDiff(session: Session, id: string | undefined): Promise<number> {
  const { client, json, place, progress } = session;
  const { diff } = await client.call('kubeconfig-diff', { place, ...(id === undefined ? {} : { id }) });
  progress.end();
  if (json) writeJson({ diff });
  else writeDiff(diff);
  return exitCodes.ok;
}

/** Takes back an edit: the latest that is not undone where undefined. */
export async function runUndo(session: Session, id: string | undefined): Promise<number> {
  const { client, json, place, progress } = session;
  progress.update('Restoring the kubeconfig');
  const result = await client.call('kubeconfig-undo', { place, ...(id === undefined ? {} : { id }) });
  progress.end();
  if (json) writeJson(result);
  else {
    const { edit, warnings } = result;
    writeLines([
      `Undone: ${editText(edit)} (${timeText(edit.at)}). ${printable(edit.file)} is as it was before.`,
    ]);
    writeAside(warnings.map(warningLine));
  }
  return exitCodes.ok;
}

/** Prints a unified diff, coloured as git does. */
export function writeDiff(diff: string): void {
  if (diff === '') writeLines(['Nothing would change.']);
  else
    writeLines(
      diff
        .trimEnd()
        .split('\n')
        .map((line) => diffLine(printable(line))),
    );
}

function diffLine(line: string): string {
  if (line.startsWith('@@')) return paint('cyan', line);
  if (/^(?:---|\+\+\+) /.test(line)) return paint('bold', line);
  if (line.startsWith('+')) return paint('green', line);
  return line.startsWith('-') ? paint('red', line) : line;
}

function editText({ added, removed, current, undone, undoes }: KubeconfigEdit): string {
  const parts = [
    ...(added.length === 0 ? [] : [`added ${added.join(', ')}`]),
    ...(removed.length === 0 ? [] : [`removed ${removed.join(', ')}`]),
    ...(current === undefined ? [] : [`current context ${current.from ?? 'none'} → ${current.to ?? 'none'}`]),
  ];
  const what = printable(parts.length === 0 ? 'updated entries' : parts.join('; '));
  const note = undoes === undefined ? (undone ? ' (undone)' : '') : ` (undo of ${undoes})`;
  return `${what}${note}`;
}

function timeText(at: number): string {
  return new Date(at).toISOString().replace(/\.\d+Z$/, 'Z');
}
