import path from 'node:path';
import { workingFolder } from '../caller-environment.ts';
import { startChild } from '../children.ts';
import { exitCodeOf, exitCodes } from '../exit-codes.ts';
import {
  endTerminals,
  type IsolatedTerminal,
  type IsolateHow,
  isolate,
  onlyTerminal,
  reportFailed,
  terminalVariables,
  warnOfProduction,
  withVariables,
} from '../isolated.ts';
import { writeJson } from '../json-document.ts';
import { reportError, writeAside, writeLines } from '../report.ts';
import type { Sandbox, SandboxFlags } from '../sandbox/sandbox.ts';
import { type Session, withAgent } from '../session.ts';
import { paint, printable } from '../terminal.ts';
import { clustersOfSet } from './sets.ts';

interface ExecFlags extends IsolateHow, SandboxFlags {
  readonly set?: string | undefined;
  readonly parallel?: true | undefined;
  readonly sandbox?: true | undefined;
  readonly json: boolean;
}

/** What the command did on one cluster. */
interface Ran {
  readonly terminal: IsolatedTerminal;
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs a command once for each cluster, with a kubeconfig that has this cluster only. For one cluster the command has the
 * terminal, and its exit code is the result. For several, prints the output of each under its name; the result is the exit
 * code that all have, otherwise 1.
 */
export async function runExec(
  names: readonly string[],
  command: readonly string[],
  flags: ExecFlags,
): Promise<number> {
  const { json, set, parallel } = flags;
  const terminals: IsolatedTerminal[] = [];
  const failures: number[] = [];
  let failed: readonly unknown[] = [];
  let isSingle = true;
  let start: Start = startPlain;
  const code = await withAgent({ json }, async (session) => {
    const clusters = set === undefined ? names : (await clustersOfSet(session, set)).clusters;
    isSingle = clusters.length === 1;
    if (flags.sandbox) start = (await sandboxFor(session, flags)).start;
    const result = await isolate(session, clusters, { ...flags, kind: 'exec', pid: process.pid });
    if (isSingle && !json) terminals.push(onlyTerminal(result));
    else {
      terminals.push(...result.terminals);
      failed = result.results.filter((one) => one.status === 'failed');
      failures.push(
        ...result.results.flatMap((one) => (one.status === 'failed' ? exitCodeOf(one.error.code) : [])),
      );
      if (!json) reportFailed(result);
    }
    return exitCodes.ok;
  });
  if (code !== exitCodes.ok) return code;
  try {
    for (const terminal of terminals) warnOfProduction(terminal);
    const [only] = terminals;
    if (isSingle && !json && only !== undefined) return await runOne(only, command, start);
    const results = await (parallel ? inParallel : oneByOne)(terminals, command, { start, json });
    if (json)
      writeJson({ results: results.map(({ terminal, ...ran }) => ({ ...named(terminal), ...ran })), failed });
    return commonCode([...failures, ...results.map(({ exitCode }) => exitCode)]);
  } catch (error) {
    return reportError(error, { json });
  } finally {
    await endTerminals(terminals);
  }
}

/** Starts the command with a terminal's kubeconfig. */
type Start = Sandbox['start'];

interface How {
  readonly start: Start;
  readonly json: boolean;
}

const startPlain: Start = (terminal, [program = '', ...args], stdio) =>
  startChild({ program, args, env: withVariables(process.env, terminalVariables(terminal)), stdio });

/** Loads the sandbox when it is wanted. Rejects if there can be none here. */
async function sandboxFor({ client, place }: Session, flags: SandboxFlags): Promise<Sandbox> {
  const { loadSandbox } = await import('../program-file.ts');
  const { prepareSandbox } = await loadSandbox();
  const { localProxies = [] } = await client.call('snapshot', {});
  const separate = localProxies.flatMap(({ files }) => files.map(({ file }) => file));
  const cwd = workingFolder();
  const own = (place.kubeconfig ?? '').split(path.delimiter).filter((file) => file !== '');
  const kubeconfigs = [...own.map((file) => path.resolve(cwd, file)), ...separate];
  return prepareSandbox({ env: process.env, cwd, flags, kubeconfigs });
}

async function oneByOne(
  terminals: readonly IsolatedTerminal[],
  command: readonly string[],
  { start, json }: How,
): Promise<readonly Ran[]> {
  const results: Ran[] = [];
  for (const terminal of terminals) {
    if (json) results.push(await captured(terminal, command, start));
    else {
      writeLines([heading(terminal, results.length > 0)]);
      const exitCode = await runOne(terminal, command, start);
      reportCode(exitCode);
      results.push({ terminal, exitCode, stdout: '', stderr: '' });
    }
  }
  return results;
}

/** Prints a cluster's output when it is complete, so that two outputs do not mix. */
async function inParallel(
  terminals: readonly IsolatedTerminal[],
  command: readonly string[],
  { start, json }: How,
): Promise<readonly Ran[]> {
  let isFirst = true;
  return Promise.all(
    terminals.map(async (terminal) => {
      const ran = await captured(terminal, command, start);
      if (!json) {
        writeLines([heading(terminal, !isFirst)]);
        isFirst = false;
        process.stdout.write(ran.stdout);
        process.stderr.write(ran.stderr);
        reportCode(ran.exitCode);
      }
      return ran;
    }),
  );
}

async function runOne(terminal: IsolatedTerminal, command: readonly string[], start: Start): Promise<number> {
  return (await start(terminal, command, 'inherit')).code;
}

async function captured(terminal: IsolatedTerminal, command: readonly string[], start: Start): Promise<Ran> {
  const { child, code } = await start(terminal, command, 'pipe');
  let stdout = '';
  let stderr = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  return { terminal, exitCode: await code, stdout, stderr };
}

function heading({ context, namespace, production }: IsolatedTerminal, isLater: boolean): string {
  const name = printable(namespace === undefined ? context : `${context}:${namespace}`);
  const mark = production ? ` ${paint(['red', 'bold'], 'production')}` : '';
  return `${isLater ? '\n' : ''}${paint('bold', `==> ${name} <==`)}${mark}`;
}

function reportCode(code: number): void {
  if (code !== 0) writeAside([paint('red', `exit code ${code}`, process.stderr)]);
}

function named({ cluster, context, namespace, production }: IsolatedTerminal) {
  return {
    cluster,
    context,
    ...(namespace === undefined ? {} : { namespace }),
    ...(production ? { production } : {}),
  };
}

function commonCode(codes: readonly number[]): number {
  const [first = exitCodes.ok, ...others] = codes;
  return others.every((code) => code === first) ? first : exitCodes.failed;
}
