import { readFile } from 'node:fs/promises';
import path from 'node:path';

export const root = path.resolve(import.meta.dirname, '../..');

/** A fenced block of a document. `kind` is what stands behind the language: `yaml organisation` is of kind `organisation`. */
export interface Block {
  /** `docs/admin.md:12`, for messages. */
  readonly at: string;
  readonly language: string;
  readonly kind: string;
  readonly text: string;
}

/** The fenced blocks of a document, by its path from the root. Throws where a fence is not closed. */
export async function blocksOf(file: string): Promise<readonly Block[]> {
  const lines = (await readFile(path.join(root, file), 'utf8')).split('\n');
  const blocks: Block[] = [];
  let open: { at: number; fence: string; info: string } | undefined;
  for (const [index, line] of lines.entries()) {
    const [, fence = '', info = ''] = /^\s*(`{3,}|~{3,})\s*(.*)$/.exec(line) ?? [];
    if (open === undefined) {
      if (fence !== '') open = { at: index, fence, info };
    } else if (fence.startsWith(open.fence) && info === '') {
      const [language = '', ...kind] = open.info.trim().split(/\s+/);
      const text = lines.slice(open.at + 1, index).join('\n');
      blocks.push({ at: `${file}:${open.at + 1}`, language, kind: kind.join(' '), text: `${text}\n` });
      open = undefined;
    }
  }
  if (open !== undefined) throw new Error(`${file}:${open.at + 1}: a fence is not closed`);
  return blocks;
}
