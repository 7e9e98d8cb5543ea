import { type AppError, fromPlainError, toPlainError } from '../../model/app-error.ts';
import type { SerialQueue } from '../async/serial-queue.ts';
import type { Logger } from '../parts.ts';
import type { Edited, EditedFile, Editor } from './editor.ts';
import { type KubeconfigSource, resolveFiles } from './files.ts';
import type { Journal } from './journal.ts';
import type { Kubeconfig } from './kubeconfig.ts';
import type { Change } from './plan.ts';
import type { Reader } from './reader.ts';

/** Removes our entries from every file that may contain them: those that we wrote, and those of a source. */
export interface Withdrawal {
  /**
   * Applies one change to every file that contains entries of ours with these ids. Without `everywhere`, only to the files
   * of the source.
   */
  withdraw(
    source: KubeconfigSource,
    ids: readonly string[],
    change: Change,
    everywhere?: boolean,
  ): ReturnType<Kubeconfig['remove']>;
  readonly recover: Kubeconfig['recover'];
}

export function createWithdrawal(options: {
  readonly logger: Logger;
  readonly queue: SerialQueue;
  readonly journal: Journal;
  readonly reader: Reader;
  readonly edit: (file: EditedFile, change: Change) => Promise<Edited>;
  readonly sweep: Editor['sweep'];
  readonly current: Kubeconfig['current'];
}): Withdrawal {
  const { logger, queue, journal, reader, edit, sweep, current } = options;
  return {
    withdraw: (source, ids, change, everywhere = true) =>
      queue(async () => {
        const removed = new Set<string>();
        const warnings: string[] = [];
        const failures: AppError[] = [];
        // An unresolvable KUBECONFIG must not keep our entries in the files of the journal.
        const all = await resolveFiles(source).then(
          (resolved) => resolved.all.filter((file) => file.isReadable),
          (error: unknown) => {
            warnings.push(toPlainError(error).message);
            return [];
          },
        );
        const files = new Map<string, EditedFile>(all.map((file) => [file.real, file]));
        const records = await journal.all();
        for (const [real, { given }] of records)
          if (everywhere && !files.has(real)) files.set(real, { given, real });
        for (const [real, file] of files) {
          try {
            const known = records
              .get(real)
              ?.states.some((state) =>
                [...state.stanzas, ...state.choices].some(({ id }) => ids.includes(id)),
              );
            const holds = async () =>
              (await reader.read(file)).names.some(({ id }) => id !== undefined && ids.includes(id));
            if (known !== true && !(await holds())) continue;
            const edited = await edit(file, change);
            for (const id of edited.plan.removed) removed.add(id);
            warnings.push(...edited.warnings);
          } catch (error) {
            // One broken file must not keep our entries in the others.
            if (records.has(real)) failures.push(fromPlainError(toPlainError(error)));
            else warnings.push(toPlainError(error).message);
          }
        }
        const now = await current(source).catch(() => undefined);
        return { removed: [...removed], currentContext: now?.context, warnings, failures };
      }),

    recover: (keep) =>
      queue(async () => {
        const removed = new Set<string>();
        const kept = new Set<string>();
        const warnings: string[] = [];
        for (const [real, { given }] of await journal.all()) {
          try {
            await sweep({ given, real });
            const { plan } = await edit({ given, real }, { keepOnly: [...keep] });
            for (const id of plan.removed) removed.add(id);
            for (const { id } of plan.contexts) kept.add(id);
          } catch (error) {
            logger.warn('kubeconfig not cleaned', { file: real, code: toPlainError(error).code });
            warnings.push(toPlainError(error).message);
          }
        }
        return { removed: [...removed], kept: [...kept], warnings };
      }),
  };
}
