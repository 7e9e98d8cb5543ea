import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants } from 'node:fs';
import { mkdtemp, readdir, readFile, realpath, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { onTestFinished, test } from 'vitest';
import {
  createKubeconfig,
  type Kubeconfig,
  type KubeconfigSource,
} from '../../../main/agent/kubeconfig/kubeconfig.ts';
import { silentLogger, systemClock } from '../../../main/agent/parts.ts';

const run = promisify(execFile);

import type { ChildTask } from './child.ts';

/** A home, a state folder and the writer under test, all in a folder that goes with the test. */
export async function bench() {
  const root = await realpath(await mkdtemp(path.join(tmpdir(), 'kubeconfig-')));
  onTestFinished(() => rm(root, { recursive: true, force: true, maxRetries: 5 }));
  const state = path.join(root, 'state');
  const config = path.join(root, 'config');
  const open = (
    options: { readonly lockTimeoutMs?: number; readonly onExposed?: (warning: string) => void } = {},
  ) => createKubeconfig({ folder: state, clock: systemClock, logger: silentLogger, ...options });
  const sourceOf = (...files: readonly string[]): KubeconfigSource => ({
    kubeconfig: files.join(path.delimiter),
    cwd: root,
    home: path.join(root, 'home'),
  });
  return { root, state, config, open, sourceOf, source: sourceOf(config), kubeconfig: open() };
}

/** The writer of a process that starts with what an earlier one left. */
export function reopen(state: string): Kubeconfig {
  return createKubeconfig({ folder: state, clock: systemClock, logger: silentLogger });
}

/** Writes a file that looks as if it had lain there for a while. */
export async function seed(file: string, content: string | Uint8Array): Promise<void> {
  await writeFile(file, content, { mode: 0o600 });
  const before = new Date(Date.now() - 60_000);
  await utimes(file, before, before);
}

/** kubectl's absolute path, or undefined. */
export const kubectl = process.env.PATH?.split(path.delimiter)
  .map((folder) => path.join(folder, 'kubectl'))
  .find((file) => {
    try {
      accessSync(file, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });

/** A test that is skipped without a kubectl. */
export const withKubectl = test.skipIf(kubectl === undefined);

/** A kubeconfig of the user's own, with one context, which is current. */
export const theirs = `apiVersion: v1
kind: Config
# mine
clusters:
- name: theirs
  cluster: {server: "https://theirs"}
contexts:
- name: theirs
  context: {cluster: theirs, user: theirs}
users:
- name: theirs
  user: {token: abc}
current-context: theirs
`;

/** Runs kubectl on a kubeconfig; rejects with its standard error. */
export async function kubectlRun(files: string, ...args: readonly string[]): Promise<string> {
  const { stdout } = await run(kubectl ?? 'kubectl', [...args], {
    env: { PATH: process.env.PATH, HOME: '/nonexistent', KUBECONFIG: files },
    maxBuffer: 100_000_000,
  });
  return stdout;
}

interface Named {
  readonly name: string;
}

export interface KubectlView {
  readonly clusters: readonly (Named & { readonly cluster: Readonly<Record<string, unknown>> })[];
  readonly contexts: readonly (Named & { readonly context: Readonly<Record<string, unknown>> })[];
  readonly users: readonly (Named & { readonly user: Readonly<Record<string, unknown>> })[];
  readonly 'current-context': string;
}

/** The kubeconfig as the real kubectl reads it. */
export async function view(files: string): Promise<KubectlView> {
  const parsed = JSON.parse(await kubectlRun(files, 'config', 'view', '--raw', '-o', 'json'));
  return {
    ...parsed,
    clusters: parsed.clusters ?? [],
    contexts: parsed.contexts ?? [],
    users: parsed.users ?? [],
  };
}

/** Everything in a folder; a leftover lock or temporary file shows here. */
export async function listing(folder: string): Promise<readonly string[]> {
  return (await readdir(folder)).toSorted();
}

export function text(file: string): Promise<string> {
  return readFile(file, 'utf8');
}

/** Asks until the answer is true; the test's own timeout ends it. */
export async function eventually(isTrue: () => Promise<boolean>): Promise<void> {
  while (!(await isTrue())) await systemClock.sleep(20);
}

/** Runs `child.ts` in a process of its own. Answers its line of output, or the signal that ended it. */
export async function child(
  task: ChildTask,
): Promise<{ readonly signal: string | null; readonly answer: unknown }> {
  const script = path.join(import.meta.dirname, 'child.ts');
  const started = spawn(process.execPath, [script, JSON.stringify(task)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const output = started.stdout.toArray();
  const [, signal] = await once(started, 'close');
  const line = Buffer.concat(await output).toString();
  return { signal, answer: line === '' ? undefined : JSON.parse(line) };
}
