import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { parseSync } from 'vite';

const run = promisify(execFile);

export const root = path.resolve(import.meta.dirname, '../..');

/** A file of the repository, with its path from the root (with `/` on every system) and its text. */
export interface Source {
  readonly file: string;
  readonly text: string;
}

/** A node of the syntax tree (ESTree, with the nodes of TypeScript and JSX). */
export interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [key: string]: unknown;
}

/**
 * Resolves with the TypeScript files in `folders` of `from`, without tests and type declarations. Skips missing
 * folders.
 */
export async function readSources(from: string, folders: readonly string[]): Promise<readonly Source[]> {
  const files = await Promise.all(
    folders.map(async (folder) => {
      const names = await readdir(path.join(from, folder), { recursive: true }).catch(() => []);
      return names.map((name) => path.join(folder, name).replaceAll(path.sep, '/'));
    }),
  );
  const chosen = files
    .flat()
    .filter((file) => /\.[cm]?tsx?$/.test(file) && !file.endsWith('.d.ts') && !file.includes('node_modules'))
    .sort();
  return Promise.all(
    chosen.map(async (file) => ({ file, text: await readFile(path.join(from, file), 'utf8') })),
  );
}

/** Calls `work` with a folder that has the code of a commit. Rejects if git does not know the commit. */
export async function atCommit<T>(commit: string, work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(path.join(tmpdir(), 'measure-'));
  try {
    const archive = path.join(folder, 'archive.tar');
    await run('git', ['archive', '--output', archive, commit], { cwd: root });
    await run('tar', ['-xf', archive, '-C', folder]);
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Parses a file into its syntax tree. Throws if it cannot be parsed. */
export function parse({ file, text }: Source): Node {
  const { program, errors } = parseSync(file, text);
  const [error] = errors;
  if (error !== undefined) throw new Error(`${file}: ${error.message}`);
  return program as unknown as Node;
}

/** Visits `node` and its descendants, parents first. Skips the descendants of a node whose visit returns false. */
export function walk(node: Node, visit: (node: Node) => boolean | undefined): void {
  if (visit(node) === false) return;
  for (const value of Object.values(node)) {
    if (Array.isArray(value)) {
      for (const one of value) if (isNode(one)) walk(one, visit);
    } else if (isNode(value)) walk(value, visit);
  }
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value;
}

/** Returns the line of an offset, from 1. */
export function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length;
}
