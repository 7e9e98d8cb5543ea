import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { root } from '../../docs/blocks.ts';

export interface RunbookBlock {
  /** The info string: `sh`, `yaml organisation-part`. */
  readonly info: string;
  readonly text: string;
}

/** The sections of docs/runbook.md by title, each with its fenced blocks. */
export async function runbook(): Promise<ReadonlyMap<string, readonly RunbookBlock[]>> {
  const text = await readFile(path.join(root, 'docs/runbook.md'), 'utf8');
  const [, ...sections] = text.split(/^## /m);
  return new Map(
    sections.map((section) => [
      section.split('\n')[0] ?? '',
      [...section.matchAll(/^```(\S.*)\n([\s\S]*?)^```$/gm)].map(([, info = '', block = '']) => ({
        info,
        text: block,
      })),
    ]),
  );
}

/** The blocks of a section. Throws where the document has no such section. */
export async function blocksUnder(title: string): Promise<readonly RunbookBlock[]> {
  const blocks = (await runbook()).get(title);
  if (blocks === undefined) throw new Error(`docs/runbook.md has no section ${title}`);
  return blocks;
}

/** The lines of a section that begin with one of the programs, in their order, without the comment behind them. */
export async function linesUnder(
  title: string,
  programs: readonly string[] = ['k8s-tunnels'],
): Promise<readonly string[]> {
  const shell = (await blocksUnder(title)).filter(({ info }) => info === 'sh');
  return shell
    .flatMap(({ text }) => text.replaceAll('\\\n', ' ').split('\n'))
    .map((line) => line.replace(/ +# .*$/, ''))
    .filter((line) => programs.includes(line.split(' ')[0] ?? ''));
}
