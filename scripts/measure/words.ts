import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { isErrorText, type Prose, proseOf, proseOfMarkdown } from './prose.ts';
import { readSources } from './sources.ts';

/** A found word of the glossary, with its location and the replacement. */
export interface Hit {
  readonly at: string;
  readonly word: string;
  readonly instead: string;
  readonly text: string;
}

/** A phrase that the product does not use, and its replacement. */
export interface Entry {
  readonly word: string;
  readonly instead: string;
}

/** The section of CONTRIBUTING.md with the word list. */
export const glossaryTitle = 'Glossary';

/** Folders whose text is all user-facing, and folders whose errors are. */
const textFolders = ['renderer', 'main/cli', 'main/desktop'] as const;
const errorFolders = ['main/agent', 'main/api', 'main/model', 'main/web'] as const;

/** Folders without our own documents. */
const otherFolders = new Set(['node_modules', 'out', 'dist', '.git']);

/** Parses the glossary's first table. Each row has the phrases, separated by commas, and their replacement. */
export function glossaryOf(contributing: string): readonly Entry[] {
  const section = contributing.split(`\n## ${glossaryTitle}\n`)[1]?.split('\n## ')[0] ?? '';
  const [table = ''] = /^\|[\s\S]*?(?=\n\n)/m.exec(section) ?? [];
  return table
    .split('\n')
    .slice(2)
    .flatMap((row) => {
      const [, words = '', instead = ''] = row.split('|').map((cell) => cell.trim());
      return words.split(', ').map((word) => ({ word, instead }));
    });
}

/** Finds words of the glossary in a text, as whole words in any case, also across lines. */
export function findWords(prose: readonly Prose[], glossary: readonly Entry[], file: string): readonly Hit[] {
  const patterns = glossary.map((entry) => {
    const words = entry.word.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&').replaceAll(' ', '\\s+');
    return { entry, pattern: new RegExp(`(?<![\\p{L}\\p{N}_])${words}(?![\\p{L}\\p{N}_])`, 'giu') };
  });
  return prose.flatMap(({ text, line }) =>
    patterns.flatMap(({ entry, pattern }) =>
      [...text.matchAll(pattern)].map(({ index }) => ({
        at: `${file}:${line + text.slice(0, index).split('\n').length - 1}`,
        ...entry,
        text: text
          .slice(Math.max(0, index - 40), index + 60)
          .replaceAll(/\s+/g, ' ')
          .trim(),
      })),
    ),
  );
}

/** Resolves with all hits below `from` by folder. `docs` counts all documents. Includes folders without hits. */
export async function wordHits(from: string, glossary: readonly Entry[]): Promise<Map<string, Hit[]>> {
  const hits = new Map<string, Hit[]>();
  for (const folder of [...textFolders, ...errorFolders]) {
    const isError = (errorFolders as readonly string[]).includes(folder);
    const sources = await readSources(from, [folder]);
    hits.set(
      folder,
      sources.flatMap((source) =>
        findWords(proseOf(source, isError ? isErrorText : undefined), glossary, source.file),
      ),
    );
  }
  hits.set('docs', []);
  for (const name of await documentsOf(from)) {
    const text = await readFile(path.join(from, name), 'utf8');
    const prose = proseOfMarkdown(text, name === 'CONTRIBUTING.md' ? glossaryTitle : undefined);
    hits.get('docs')?.push(...findWords(prose, glossary, name));
  }
  return hits;
}

/** Lists all documents except the changelog, because released entries are not rewritten. */
async function documentsOf(from: string): Promise<readonly string[]> {
  const top = (await readdir(from, { withFileTypes: true })).filter(({ name }) => !otherFolders.has(name));
  const names = await Promise.all(
    top.map(async (entry) => {
      if (!entry.isDirectory()) return [entry.name];
      const below = await readdir(path.join(from, entry.name), { recursive: true });
      return below.map((name) => path.join(entry.name, name).replaceAll(path.sep, '/'));
    }),
  );
  return names
    .flat()
    .filter((name) => /\.md$/.test(name) && !/(^|\/)node_modules\//.test(name) && name !== 'CHANGELOG.md')
    .sort();
}
