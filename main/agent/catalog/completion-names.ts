import path from 'node:path';
import { toPlainError } from '../../model/app-error.ts';
import { contextNames } from '../../model/context-name.ts';
import { settingNames } from '../../model/settings.ts';
import type { Clock, Logger } from '../parts.ts';
import type { State } from '../state/state.ts';
import { writeFileAtomic } from '../storage/write-file-atomic.ts';
import type { Catalog } from './catalog.ts';
import { completionFile } from './catalog-layout.ts';

/** A burst of changes is written once. */
const writeDelayMs = 500;

/** Writes the names for completion now, and when they change, until the returned function is called. */
export function keepCompletionNames(options: {
  readonly folder: string;
  readonly catalog: Pick<Catalog, 'clusters' | 'onChange'>;
  readonly state: Pick<State, 'get' | 'watch'>;
  readonly clock: Clock;
  readonly logger: Logger;
}): () => void {
  const { folder, catalog, state, clock, logger } = options;
  const file = path.join(folder, completionFile);
  let written: string | undefined;
  let stopTimer: (() => void) | undefined;
  const write = async () => {
    stopTimer = undefined;
    const { givenNames: given, settings } = state.get();
    const template = settings.contextName;
    const text = [
      `template\t${template}`,
      ...[...contextNames(catalog.clusters(), { given, template }).values()]
        .toSorted()
        .map((name) => `cluster\t${name}`),
      ...state.get().sets.map(({ name }) => `set\t${name.replace(/\s+/g, ' ')}`),
      ...settingNames.map((name) => `setting\t${name}`),
    ].join('\n');
    if (text === written) return;
    written = text;
    await writeFileAtomic(file, `${text}\n`);
  };
  const writeSoon = () => {
    stopTimer ??= clock.timer(writeDelayMs, () => {
      write().catch((error: unknown) => {
        written = undefined;
        logger.warn('The names for completion are not written', { error: toPlainError(error) });
      });
    });
  };
  const ends = [
    catalog.onChange(writeSoon),
    state.watch('sets', writeSoon),
    state.watch('settings', writeSoon),
  ];
  writeSoon();
  return () => {
    stopTimer?.();
    for (const end of ends) end();
  };
}
