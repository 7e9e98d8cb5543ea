import { createWriteStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { Readable, type Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { placeOf } from './container-files.ts';
import { interrupted, type Process, programs } from './programs.ts';

const prompt = '/ # ';

/** `sh -c SCRIPT`, or lines from stdin: lists (`;`, `&&`, `||`), quotes, `$?`, `>`, `>>`, `exit`. */
export async function shell(process: Process): Promise<number> {
  const state: State = { code: 0, ended: false };
  if (process.args[0] === '-c') {
    await runLine(process.args[1] ?? '', process, state);
    return state.code;
  }
  const ask = () => process.windowSize() && process.stdout.write(prompt);
  ask();
  for await (const line of createInterface(process.stdin)) {
    await runLine(line, { ...process, stdin: Readable.from([]) }, state);
    if (state.ended) break;
    ask();
  }
  return state.code;
}

/** Runs a program of the container by its name; undefined when there is none. */
export async function runProgram(name: string, process: Process): Promise<number | undefined> {
  if (/^(\/bin\/)?(sh|bash|ash)$/.test(name)) return shell(process);
  const program = programs.get(name.replace(/^\/(usr\/)?bin\//, ''));
  if (program === undefined) return undefined;
  const interrupt = new AbortController();
  const over = new AbortController();
  process.keyboard.addEventListener('interrupt', () => interrupt.abort(), { signal: over.signal });
  const signal = AbortSignal.any([process.signal, interrupt.signal]);
  try {
    return await program({ ...process, signal });
  } catch (error) {
    if (signal.aborted) return interrupted;
    process.stderr.write(`${name}: ${error instanceof Error ? error.message : String(error)}\n`);
    return 1;
  } finally {
    over.abort();
  }
}

interface State {
  code: number;
  ended: boolean;
}

const token = /&&|\|\||;|>>?|(?:"[^"]*"|'[^']*'|[^\s;&|>"'])+/g;

async function runLine(line: string, process: Process, state: State): Promise<void> {
  let command: string[] = [];
  let skips = false;
  for (const each of [...(line.match(token) ?? []), ';']) {
    if (!['&&', '||', ';'].includes(each)) {
      command.push(each);
      continue;
    }
    if (command.length > 0 && !skips) await runCommand(command, process, state);
    if (state.ended) return;
    command = [];
    skips = each === ';' ? false : (state.code === 0) === (each === '||');
  }
}

async function runCommand(given: readonly string[], process: Process, state: State): Promise<void> {
  const to = given.findIndex((each) => each === '>' || each === '>>');
  const words = (to < 0 ? given : given.slice(0, to)).map((word) =>
    word.replaceAll('$?', String(state.code)).replace(/"([^"]*)"|'([^']*)'/g, '$1$2'),
  );
  const [name = '', ...args] = words;
  if (name === 'exit') {
    state.ended = true;
    state.code = Number(args[0] ?? state.code);
    return;
  }
  const file = to < 0 ? undefined : given[to + 1];
  const stdout: Writable =
    file === undefined
      ? process.stdout
      : createWriteStream(placeOf(process.root, file), { flags: given[to] === '>' ? 'w' : 'a' });
  const code = await runProgram(name, { ...process, args, stdout });
  if (file !== undefined) await finished(stdout.end());
  if (code === undefined) process.stderr.write(`sh: ${name}: not found\n`);
  state.code = code ?? 127;
}
