import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { type FileState, plan } from '../../../../main/agent/kubeconfig/plan.ts';
import { AppError } from '../../../../main/model/app-error.ts';
import { kubectl } from '../bench.ts';
import { entry } from '../entry.ts';
import { generate } from './generator.ts';
import { createRandom } from './random.ts';

/** A file on which the editor and kubectl disagree. */
export interface Disagreement {
  /** What makes the file again: `generate` with this seed. */
  readonly seed: number;
  readonly why: string;
  readonly text: string;
}

export interface Tally {
  readonly files: number;
  /** Those that kubectl reads. */
  readonly read: number;
  readonly disagreements: readonly Disagreement[];
}

interface Case {
  readonly seed: number;
  readonly bytes: Buffer;
  readonly name: string;
  /** With our entry. Undefined if the editor refuses the file. */
  readonly edited: Buffer | undefined;
  readonly refusal: string;
}

/** As many files as fit into one KUBECONFIG. */
export const batchSize = 1_000;
const owner = 'fuzz';

/**
 * Generates files by seed, adds an entry to each and removes it, and has the real kubectl read them before and after:
 * a thousand files in one process, whose error names each file that it cannot read. A file that kubectl reads must be
 * edited, and its bytes restored; one that kubectl refuses must be refused.
 */
export async function compare(firstSeed: number, count: number): Promise<Tally> {
  const folder = await mkdtemp(path.join(tmpdir(), 'kubeconfig-fuzz-'));
  try {
    const cases = Array.from({ length: count }, (_, index) => edit(firstSeed + index));
    const wrong: Disagreement[] = [];
    const report = ({ seed, bytes }: Case, why: string) => wrong.push({ seed, why, text: bytes.toString() });
    await Promise.all(cases.map(({ name, bytes }) => writeFile(path.join(folder, name), bytes)));
    const refused = await refusedOf(
      folder,
      cases.map(({ name }) => name),
    );
    const good = cases.filter(({ name }) => !refused.has(name));
    for (const one of cases) {
      const why = refused.get(one.name);
      if (one.refusal.startsWith('!')) report(one, one.refusal);
      else if (why === undefined && one.edited === undefined) report(one, `kubectl reads it: ${one.refusal}`);
      else if (why !== undefined && one.edited !== undefined) report(one, `kubectl refuses it: ${why}`);
    }
    const both = good.filter(({ edited }) => edited !== undefined);
    const before = await view(
      folder,
      both.map(({ name }) => name),
    );
    await Promise.all(both.map(({ name, edited = '' }) => writeFile(path.join(folder, name), edited)));
    const broken = await refusedOf(
      folder,
      both.map(({ name }) => name),
    );
    for (const one of both.filter(({ name }) => broken.has(name)))
      report(one, `kubectl refuses what was made of it: ${broken.get(one.name)}`);
    if (broken.size === 0)
      for (const one of await changed(folder, both, before))
        report(one, 'kubectl reads something else than before');
    return { files: count, read: good.length, disagreements: wrong };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Edits a generated file and takes the edit back. A refusal with a "!" is a fault of the editor itself. */
function edit(seed: number): Case {
  const name = `f${seed}`;
  const bytes = generate(createRandom(seed), name);
  const base = { seed, bytes, name };
  try {
    const ours = entry(`ours-${seed}`);
    const added = plan({
      file: name,
      bytes,
      states: [],
      change: { upsert: [ours], current: { id: ours.id } },
      owner,
    });
    const states: readonly FileState[] = added.state === undefined ? [] : [added.state];
    const removed = plan({ file: name, bytes: added.bytes, states, change: { remove: [ours.id] }, owner });
    const isRestored = Buffer.from(removed.bytes).equals(bytes);
    const fault = isRestored
      ? added.currentContext === ours.name
        ? ''
        : '! the context is not current'
      : '! the bytes are not restored';
    return { ...base, edited: Buffer.from(added.bytes), refusal: fault };
  } catch (error) {
    const isRefusal = error instanceof AppError && error.code === 'kubeconfig-invalid';
    const text = error instanceof AppError ? `${error.code} ${error.message}` : String(error);
    return {
      ...base,
      edited: undefined,
      refusal: isRefusal || error instanceof AppError ? text : `! ${text}`,
    };
  }
}

/** Resolves with the files that kubectl refuses, and why. */
async function refusedOf(folder: string, names: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const { stderr } = await run(folder, names);
  const refused = new Map<string, string>();
  for (const [, name = '', why = ''] of stderr.matchAll(
    /error loading config file "([^"]+)": ([^\n]*?)(?=, error loading config file|\]?$)/gm,
  ))
    refused.set(name, why.slice(0, 200));
  if (refused.size === 0 && stderr !== '') throw new Error(`kubectl: ${stderr.slice(0, 1000)}`);
  return refused;
}

interface View {
  readonly clusters: unknown;
  readonly contexts: unknown;
  readonly users: unknown;
}

async function view(folder: string, names: readonly string[]): Promise<View> {
  const { stdout } = await run(folder, names);
  const parsed = JSON.parse(stdout);
  const others = (list: string, kind: string) =>
    ((parsed[list] ?? []) as { readonly name: string }[])
      .filter(({ name }) => !name.startsWith('ours-'))
      .map((one) => ({ ...one, kind }));
  return {
    clusters: others('clusters', 'cluster'),
    contexts: others('contexts', 'context'),
    users: others('users', 'user'),
  };
}

/** Resolves with the files of which kubectl reads something else now, besides our entry. */
async function changed(folder: string, cases: readonly Case[], before: View): Promise<readonly Case[]> {
  if (
    isDeepStrictEqual(
      await view(
        folder,
        cases.map(({ name }) => name),
      ),
      before,
    )
  )
    return [];
  const found: Case[] = [];
  for (const one of cases) {
    const now = await view(folder, [one.name]);
    await writeFile(path.join(folder, one.name), one.bytes);
    if (!isDeepStrictEqual(now, await view(folder, [one.name]))) found.push(one);
    if (found.length === 3) break;
  }
  return found;
}

function run(
  folder: string,
  names: readonly string[],
): Promise<{ readonly stdout: string; readonly stderr: string }> {
  const env = { PATH: process.env.PATH, HOME: folder, KUBECONFIG: names.join(path.delimiter) };
  const args = ['config', 'view', '--raw', '-o', 'json'];
  return new Promise((resolve) => {
    execFile(kubectl ?? 'kubectl', args, { cwd: folder, env, maxBuffer: 500_000_000 }, (_, stdout, stderr) =>
      resolve({ stdout, stderr }),
    );
  });
}
