import { stripVTControlCharacters } from 'node:util';
import { execa } from 'execa';
import type { Environment } from '../parts.ts';

/** How a program ended. `lastLine` is its last output on stderr: one line without control characters. */
export type ProgramEnd =
  | {
      readonly kind: 'ended';
      /** Undefined if a signal ended it. */
      readonly exitCode: number | undefined;
      readonly stdout: string;
      readonly stderr: string;
      readonly lastLine: string;
    }
  /** There is no such program, or it may not be executed. */
  | { readonly kind: 'not-started' }
  | { readonly kind: 'too-long'; readonly lastLine: string }
  | { readonly kind: 'too-much'; readonly lastLine: string }
  | { readonly kind: 'cancelled' };

/** The limit for each of its two outputs: most programs that we run print one small JSON document. */
const defaultMaxBytes = 1 << 20;
/** Between SIGTERM and SIGKILL. */
const graceMs = 2_000;
/** A program that has ended may leave children that keep its outputs open: do not wait longer for those. */
const drainMs = 500;
const defaultLimitMs = 60_000;

/**
 * Returns how long a user's program may take for a credential, ms. A minute is enough for a second factor on a phone,
 * and a program that hangs does not block kubectl for longer. `K8S_TUNNELS_PROGRAM_LIMIT_SECONDS` sets a shorter limit,
 * for tests.
 */
export function programLimitMs(env: Environment): number {
  const seconds = Number(env.K8S_TUNNELS_PROGRAM_LIMIT_SECONDS);
  return seconds > 0 ? Math.min(defaultLimitMs, seconds * 1_000) : defaultLimitMs;
}

const running = new Set<number>();
let isWatching = false;

/**
 * Runs another program to its end. It has no terminal and its stdin is closed, so a program that prompts gets no
 * answer. On POSIX it leads a process group, which is ended with it (SIGTERM, then SIGKILL) at the limit, when it
 * writes more than `maxBytes` (1 MB unless given), when the signal aborts and when this process ends. Processes that it
 * leaves running after its own end continue: one may be the user's browser. Never rejects.
 */
export async function runProgram(options: {
  readonly command: string;
  readonly args?: readonly string[];
  /** `command` is a line for the system's shell. */
  readonly shell?: boolean;
  readonly cwd?: string | undefined;
  /** The whole environment of the process. This process's own where undefined. */
  readonly env?: Environment | undefined;
  readonly limitMs: number;
  readonly maxBytes?: number;
  /** Written to its stdin, which is empty where undefined. */
  readonly input?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}): Promise<ProgramEnd> {
  const {
    command,
    args = [],
    shell = false,
    cwd,
    env,
    limitMs,
    maxBytes = defaultMaxBytes,
    input,
    signal,
  } = options;
  if (signal?.aborted === true) return { kind: 'cancelled' };
  const child = execa(command, args, {
    shell,
    ...(cwd === undefined ? {} : { cwd }),
    ...(env === undefined ? {} : { env, extendEnv: false }),
    ...(input === undefined ? { stdin: 'ignore' } : { input }),
    buffer: false,
    reject: false,
    detached: process.platform !== 'win32',
    windowsHide: true,
  });
  const { pid } = child;
  const failed = child.then(() => 'failed' as const);
  if (pid === undefined) {
    await failed;
    return { kind: 'not-started' };
  }
  watch(pid);
  const exit = new Promise<number | null>((resolve) => child.nodeChildProcess.once('exit', resolve));
  const stop = Promise.withResolvers<'too-long' | 'too-much' | 'cancelled'>();
  const outputs = { stdout: collect(child.stdout, maxBytes), stderr: collect(child.stderr, maxBytes) };
  for (const { full } of Object.values(outputs)) void full.then(() => stop.resolve('too-much'));
  const timer = setTimeout(() => stop.resolve('too-long'), limitMs);
  const abort = () => stop.resolve('cancelled');
  signal?.addEventListener('abort', abort, { once: true });
  try {
    const how = await Promise.race([exit, stop.promise]);
    if (typeof how === 'string') await endGroup(pid, exit);
    else await Promise.race([closed(child.stdout, child.stderr), stop.promise, pause(drainMs)]);
    const [stdout, stderr] = [outputs.stdout.text(), outputs.stderr.text()];
    const lastLine = lastLineOf(stderr);
    if (how === 'cancelled') return { kind: 'cancelled' };
    if (typeof how === 'string') return { kind: how, lastLine };
    return { kind: 'ended', exitCode: how ?? undefined, stdout, stderr, lastLine };
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', abort);
    running.delete(pid);
    child.stdout.destroy();
    child.stderr.destroy();
  }
}

/** Formats a program's last output for an error message. Empty if it printed nothing. */
export function lastWords(lastLine: string): string {
  return lastLine === '' ? '' : `; it last wrote "${lastLine}"`;
}

function collect(stream: NodeJS.ReadableStream, maxBytes: number) {
  const chunks: Buffer[] = [];
  let length = 0;
  const { promise: full, resolve } = Promise.withResolvers<void>();
  stream.on('error', () => {});
  stream.on('data', (chunk: Buffer | string) => {
    const bytes = Buffer.from(chunk);
    length += bytes.length;
    if (length <= maxBytes) chunks.push(bytes);
    else resolve();
  });
  return { full, text: () => Buffer.concat(chunks).toString('utf8') };
}

function closed(...streams: readonly NodeJS.ReadableStream[]): Promise<unknown> {
  return Promise.all(streams.map((stream) => new Promise((resolve) => stream.once('close', resolve))));
}

/** Resolves when no process of the group is running. Leaves those that may not be killed (a setuid program). */
async function endGroup(pid: number, exit: Promise<unknown>): Promise<void> {
  signalGroup(pid, 'SIGTERM');
  await Promise.race([exit, pause(graceMs)]);
  signalGroup(pid, 'SIGKILL');
  await Promise.race([exit, pause(graceMs)]);
}

function signalGroup(pid: number, signal: 'SIGTERM' | 'SIGKILL'): void {
  if (process.platform === 'win32') {
    // Windows has no process groups: end the tree at once.
    execa('taskkill', ['/pid', String(pid), '/t', '/f'], { reject: false, stdio: 'ignore' });
    return;
  }
  try {
    process.kill(-pid, signal);
  } catch {
    // All of them have ended.
  }
}

/** They are groups of their own, so nothing else ends them with us. */
function watch(pid: number): void {
  running.add(pid);
  if (isWatching) return;
  isWatching = true;
  process.once('exit', () => {
    for (const one of running) signalGroup(one, 'SIGKILL');
  });
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref());
}

function lastLineOf(text: string): string {
  const lines = text.slice(-4_096).split(/[\r\n]+/);
  const last = lines.map(printable).findLast((line) => line !== '') ?? '';
  return last.length <= 200 ? last : `…${last.slice(-199)}`;
}

function printable(line: string): string {
  return stripVTControlCharacters(line)
    .replaceAll(/[\p{C}\p{Zl}\p{Zp}]/gu, '')
    .trim();
}
