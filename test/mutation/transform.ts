import path from 'node:path';
import type { Plugin } from 'vite';
import { areas, root } from './areas.ts';
import { entriesOf, type Mutant } from './mutants.ts';

declare global {
  /** Called with each function of the core that a test enters. */
  var reachedInCore: ((place: string) => void) | undefined;
}

/** Names a function of the core, or with `undefined` the import of its file. */
export function placeOf(file: string, start: number | undefined): string {
  return `${file}:${start ?? 'import'}`;
}

/**
 * Changes the core's code on its way to a test, never on disk: applies the mutant that `current` returns or, where
 * `reports` is set, reports each function that is entered.
 */
export function mutating(current: () => Mutant | undefined, reports: boolean): Plugin {
  return {
    name: 'mutating',
    enforce: 'pre',
    transform(code, id) {
      const file = path.relative(root, id.split('?')[0] ?? id).replaceAll(path.sep, '/');
      if (!Object.values(areas).some((folder) => file.startsWith(`${folder}/`))) return undefined;
      if (reports) return reporting(file, code);
      const mutant = current();
      if (mutant?.file !== file) return undefined;
      return code.slice(0, mutant.start) + mutant.text + code.slice(mutant.end);
    },
  };
}

function reporting(file: string, code: string): string {
  const call = (start: number | undefined) =>
    `globalThis.reachedInCore?.(${JSON.stringify(placeOf(file, start))})`;
  const inserted = entriesOf(file, code).flatMap(({ start, end }) =>
    end === undefined
      ? [{ at: start, text: `${call(start)};` }]
      : [
          { at: start, text: `(${call(start)}, ` },
          { at: end, text: ')' },
        ],
  );
  // From the end, so that earlier positions stay as they are. What closes at a position comes before what opens there.
  const ordered = inserted.sort((one, other) => other.at - one.at);
  const changed = ordered.reduce(
    (text, { at, text: piece }) => text.slice(0, at) + piece + text.slice(at),
    code,
  );
  return `${changed}\n${call(undefined)};\n`;
}
