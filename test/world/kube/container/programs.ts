import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import type { Readable, Writable } from 'node:stream';
import { finished, pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { placeOf } from './container-files.ts';
import type { WindowSize } from './terminal.ts';

export interface Process {
  readonly args: readonly string[];
  readonly stdin: Readable;
  readonly stdout: Writable;
  readonly stderr: Writable;
  readonly hostname: string;
  /** The folder that is `/`. */
  readonly root: string;
  /** Aborted when the client has gone, for all but a shell by Ctrl-C too. */
  readonly signal: AbortSignal;
  /** What Ctrl-C does: `interrupt`. */
  readonly keyboard: EventTarget;
  /** Undefined without a terminal. */
  readonly windowSize: () => WindowSize | undefined;
}

/** Resolves with the exit code. */
export type Program = (process: Process) => number | Promise<number>;

/** As a shell tells that a signal ended a program. */
export const interrupted = 130;

export const programs: ReadonlyMap<string, Program> = new Map<string, Program>([
  ['true', () => 0],
  ['false', () => 1],
  ['echo', say(({ args }) => args.join(' '))],
  ['hostname', say(({ hostname }) => hostname)],
  ['cat', cat],
  ['ls', ls],
  ['mkdir', ({ args, root }) => onEach(args, (name) => mkdir(placeOf(root, name), { recursive: true }))],
  [
    'rm',
    ({ args, root }) => onEach(args, (name) => rm(placeOf(root, name), { recursive: true, force: true })),
  ],
  ['sha256sum', sha256sum],
  [
    'sleep',
    async ({ args: [seconds], signal }) => {
      await sleep(Number(seconds) * 1000, undefined, { signal });
      return 0;
    },
  ],
  ['stty', stty],
  ['tar', tar],
  ['test', test],
]);

function say(textOf: (process: Process) => string): Program {
  return (process) => {
    process.stdout.write(`${textOf(process)}\n`);
    return 0;
  };
}

async function cat({ args, root, stdin, stdout, stderr, signal }: Process): Promise<number> {
  if (args.length === 0) await pipeline(stdin, stdout, { end: false, signal });
  let code = 0;
  for (const name of args) {
    try {
      await pipeline(createReadStream(placeOf(root, name)), stdout, { end: false, signal });
    } catch {
      stderr.write(`cat: ${name}: No such file or directory\n`);
      code = 1;
    }
  }
  return code;
}

async function ls({ args: [name = '/'], root, stdout, stderr }: Process): Promise<number> {
  try {
    const names = await readdir(placeOf(root, name));
    stdout.write(
      names
        .sort()
        .map((each) => `${each}\n`)
        .join(''),
    );
    return 0;
  } catch {
    stderr.write(`ls: cannot access '${name}': No such file or directory\n`);
    return 2;
  }
}

async function onEach(args: readonly string[], act: (name: string) => Promise<unknown>): Promise<number> {
  for (const name of args.filter((arg) => !arg.startsWith('-'))) await act(name);
  return 0;
}

async function sha256sum({ args, root, stdin, stdout }: Process): Promise<number> {
  const [name] = args;
  const hash = createHash('sha256');
  await pipeline(name === undefined ? stdin : createReadStream(placeOf(root, name)), hash);
  stdout.write(`${hash.digest('hex')}  ${name ?? '-'}\n`);
  return 0;
}

function stty({ args, stdout, stderr, windowSize }: Process): number {
  const size = windowSize();
  if (args[0] !== 'size' || size === undefined) {
    stderr.write("stty: 'standard input': Inappropriate ioctl for device\n");
    return 1;
  }
  stdout.write(`${size.Height} ${size.Width}\n`);
  return 0;
}

async function test({ args, root }: Process): Promise<number> {
  const [flag, name = ''] = args;
  const found = await stat(placeOf(root, name)).catch(() => undefined);
  if (flag === '-d') return found?.isDirectory() ? 0 : 1;
  if (flag === '-f') return found?.isFile() ? 0 : 1;
  return flag === '-e' && found ? 0 : 1;
}

/** The real tar, from `/`: absolute paths lose their slash, as tar takes it off the names of members too. */
async function tar({ args, root, stdin, stdout, stderr, signal }: Process): Promise<number> {
  const [mode = '', , member = ''] = args;
  if (mode.includes('c') && member.startsWith('/')) {
    stderr.write("tar: Removing leading `/' from member names\n");
  }
  const given = args.map((arg) => (arg.startsWith('/') ? placeOf('.', arg) : arg));
  const child = spawn('tar', given, { cwd: root, signal, stdio: ['pipe', 'pipe', 'pipe'] });
  const exited = once(child, 'close');
  stdin.pipe(child.stdin);
  // It may end before it has read all.
  child.stdin.on('error', () => {});
  child.stdout.pipe(stdout, { end: false });
  child.stderr.pipe(stderr, { end: false });
  const [code] = (await exited) as [number | null];
  stdin.unpipe(child.stdin);
  await finished(child.stdout);
  return code ?? interrupted;
}
