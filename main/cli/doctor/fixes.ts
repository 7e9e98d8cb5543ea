import { chmod } from 'node:fs/promises';
import { once } from '../../agent/async/once.ts';
import { breakOwn } from '../../agent/kubeconfig/lock.ts';
import { toPlainError } from '../../model/app-error.ts';
import type { Finding } from './finding.ts';

/** A finding that `--fix` has fixed. */
export interface Fixed {
  readonly code: Finding['code'];
  readonly subject: string;
  /** A sentence. */
  readonly done: string;
}

/**
 * Fixes what is safe to fix: permissions of our own files, locks of ours whose process has ended, entries that the agent
 * can write again. `repair` makes it do that, and resolves with the clusters whose entries are whole then; it is called once.
 * Resolves with what was done, and with the findings that are left; those that could not be fixed say why.
 */
export async function applyFixes(
  findings: readonly Finding[],
  repair: () => Promise<ReadonlySet<string>>,
): Promise<{ readonly fixed: readonly Fixed[]; readonly left: readonly Finding[] }> {
  const fixed: Fixed[] = [];
  const left: Finding[] = [];
  const repairOnce = once(repair);
  for (const finding of findings) {
    try {
      const done = await applyFix(finding, repairOnce);
      if (done === undefined) left.push(finding);
      else fixed.push({ code: finding.code, subject: finding.subject, done });
    } catch (error) {
      left.push({
        ...finding,
        reason: `${finding.reason} It could not be fixed: ${toPlainError(error).message}`,
      });
    }
  }
  return { fixed, left };
}

type Repair = () => Promise<ReadonlySet<string>>;

async function applyFix({ remedy, subject }: Finding, repair: Repair): Promise<string | undefined> {
  switch (remedy?.kind) {
    case undefined:
      return undefined;
    case 'chmod':
      await chmod(remedy.file, remedy.mode);
      return `Its mode is ${remedy.mode.toString(8).padStart(4, '0')} now.`;
    case 'unlock':
      // Checks again that its process has ended.
      return (await breakOwn(remedy.lock)) ? 'The lock was removed.' : undefined;
    case 'repair':
      return (await repair()).has(remedy.cluster) ? `The entry of ${subject} was written again.` : undefined;
  }
}
