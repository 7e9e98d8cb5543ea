import type { Command } from 'commander';
import type { ReadOnly } from '../model/read-only.ts';
import type { commandHelp } from './command-help.ts';
import type { CompareFlags } from './commands/compare.ts';
import { runContexts } from './commands/contexts.ts';
import { runEnv, runEnvUnset } from './commands/env.ts';
import { runExec } from './commands/exec.ts';
import { runDiff, runHistory, runUndo } from './commands/kubeconfig.ts';
import { runShell } from './commands/shell.ts';
import type { UnlockFlags } from './commands/unlock.ts';
import { addReadOnly, type ReadOnlyFlags, readOnlyFrom } from './read-only-flags.ts';
import { describeResume } from './resume-command.ts';
import type { SandboxFlags } from './sandbox/sandbox.ts';
import type { Session } from './session.ts';
import { describeSupport } from './support-commands.ts';

/** What `describe` gives to a file that describes some of its commands. */
export interface Describing {
  readonly program: Command;
  readonly json: boolean;
  /** Adds a command with its help and `--json`. */
  readonly command: (usage: string, name?: keyof typeof commandHelp) => Command;
  readonly withSession: (run: (session: Session) => Promise<number>) => Promise<void>;
  readonly done: (code: number) => void;
  /** What follows `--` in the arguments. */
  readonly rest: readonly string[];
}

interface KubeconfigFlags extends ReadOnlyFlags {
  readonly for?: string;
  readonly container?: string;
  readonly expires?: string;
}

/** Collects the values of an option that may be repeated. */
const repeated = (given: string, before: readonly string[] = []) => [...before, given];

interface IsolateFlags extends ReadOnlyFlags {
  readonly namespace?: string;
  readonly production?: true;
}

/** Describes the commands for terminals with a kubeconfig of their own. */
export function describeTerminals({ program, json, command, withSession, done, rest }: Describing): void {
  describeResume({ command, withSession });
  const isolating = (usage: string) =>
    addReadOnly(
      command(usage)
        .option('-n, --namespace <namespace>', "Set the context's namespace")
        .option('--production', 'Confirm questions about production clusters'),
    );
  isolating('shell <cluster>')
    .option('--shell <program>', 'Start this shell (default: the one that you use)')
    .action(async (cluster: string, flags: IsolateFlags & { readonly shell?: string }) => {
      if (json) program.error('error: shell has no JSON output: see exec and env');
      done(await runShell(cluster, isolateHow(flags)));
    });
  isolating('env [cluster]')
    .option('--shell <shell>', 'Print for bash, zsh, fish, powershell, nushell or posix (default: yours)')
    .option('--pid <number>', 'Keep the kubeconfig until this process ends (default: the calling shell)')
    .option('--unset', 'Print what restores your own kubeconfig')
    .action(
      async (
        cluster: string | undefined,
        {
          unset,
          ...flags
        }: IsolateFlags & { readonly shell?: string; readonly pid?: string; readonly unset?: true },
      ) => {
        if ((cluster === undefined) !== (unset === true))
          program.error('error: name a cluster, or give --unset');
        if (cluster === undefined) done(runEnvUnset(flags));
        else await withSession((session) => runEnv(session, cluster, isolateHow(flags)));
      },
    );
  isolating('exec [clusters...]')
    .usage('[options] [clusters...] -- <command...>')
    .option('--set <name>', 'Run on the clusters of a set')
    .option('--parallel', 'Run on all clusters at the same time')
    .option(
      '--sandbox',
      'With --read-only, on Linux: let the command reach its cluster and nothing else of yours',
    )
    .option('--writable', 'With --sandbox: let it change files in the working folder')
    .option('--show <path>', 'With --sandbox: let it read this file or folder too (repeatable)', repeated)
    .action(
      async (
        clusters: string[],
        flags: IsolateFlags &
          SandboxFlags & { readonly set?: string; readonly parallel?: true; readonly sandbox?: true },
      ) => {
        if ((flags.set === undefined) === (clusters.length === 0))
          program.error('error: name clusters, or a set with --set');
        if (rest.length === 0) program.error('error: give a command after --');
        if (flags.sandbox && !flags.readOnly) program.error('error: --sandbox needs --read-only');
        const [needless] = flags.sandbox ? [] : (['writable', 'show'] as const).filter((one) => one in flags);
        if (needless !== undefined) program.error(`error: --${needless} needs --sandbox`);
        done(await runExec(clusters, rest, { ...isolateHow(flags), json }));
      },
    );
}

/** Describes the command that compares clusters. */
export function describeCompare({ program, command, withSession }: Describing): void {
  command('compare <clusters...>')
    .usage('[options] <clusters...> [kind]')
    .option(
      '-n, --namespace <namespace>',
      'Compare this namespace; CLUSTER=NAMESPACE for one cluster (repeatable; default: that of its tag)',
      repeated,
      [],
    )
    .option('--different', 'Print only what differs')
    .option('-o, --output <format>', 'Output format: markdown')
    .option('--exit-code', 'Exit with 1 if something differs')
    .option('--production', 'Confirm questions about production clusters')
    .action((words: string[], flags: CompareFlags) => {
      if (flags.output !== undefined && flags.output !== 'markdown')
        program.error('error: --output is markdown, or left out');
      return withSession(async (session) => {
        const { runCompare } = await import('./commands/compare.ts');
        return runCompare(session, words, flags);
      });
    });
}

/** Describes the commands for production clusters that open read-only. */
export function describeLocks({ program, command, withSession }: Describing): void {
  command('unlock <cluster>')
    .requiredOption('--reason <text>', 'Why you write to production, for the activity')
    .option('--for <time>', 'Unlock for this long, such as 15m (default: 30m, or less by your organisation)')
    .action((cluster: string, flags: UnlockFlags) =>
      withSession(async (session) => {
        const { runUnlock } = await import('./commands/unlock.ts');
        return runUnlock(session, cluster, flags);
      }),
    );
  command('lock [clusters...]')
    .option('--all', 'Lock all that are unlocked')
    .action((names: string[], { all }: { readonly all?: true }) => {
      if ((all === true) === names.length > 0) program.error('error: name clusters, or give --all');
      return withSession(async (session) => {
        const { runLock } = await import('./commands/unlock.ts');
        return runLock(session, all ? 'all' : names);
      });
    });
}

/** Turns the flags about reading into what they mean. */
function isolateHow<T extends IsolateFlags>(
  flags: T,
): Omit<T, keyof ReadOnlyFlags> & { readonly readOnly: ReadOnly | undefined } {
  const { allowSecrets: _, allowDryRun: __, readOnly: ___, ...others } = flags;
  return { ...others, readOnly: readOnlyFrom(flags) };
}

/** Describes the commands for the contexts and the edits of the caller's kubeconfig. */
export function describeKubeconfig({ program, command, withSession }: Describing): void {
  command('contexts')
    .option('-o, --output <format>', 'Output format: name')
    .action(({ output }: { readonly output?: string }) => {
      if (output !== undefined && output !== 'name') program.error('error: --output is name, or left out');
      return withSession((session) => runContexts(session, { names: output === 'name' }));
    });
  addReadOnly(command('kubeconfig <what> [more...]'))
    .usage(
      '[options] history | diff [edit] | undo [edit] | <clusters...> --for <program> | <clusters...> --container <folder> | end <file>',
    )
    .option('--for <program>', 'Program: python, java, js, rust, ansible, or the path of a file to write')
    .option('--container <folder>', 'Write a folder to mount into a container')
    .option('--expires <time>', 'With --for and --container: end the file after 30m or 2h, 12h at most')
    .action((what: string, more: string[], flags: KubeconfigFlags) => {
      if (flags.for !== undefined && flags.container !== undefined)
        program.error('error: --for and --container exclude each other');
      const separate = flags.for ?? flags.container;
      return withSession(async (session) => {
        if (separate !== undefined) {
          const { runKubeconfigFor } = await import('./commands/kubeconfig-for.ts');
          return runKubeconfigFor(session, [what, ...more], {
            target: separate,
            isContainers: flags.container !== undefined,
            readOnly: readOnlyFrom(flags),
            expires: flags.expires,
          });
        }
        const [misplaced] = ['readOnly', 'allowSecrets', 'allowDryRun', 'expires'].filter(
          (name) => name in flags,
        );
        if (misplaced !== undefined)
          program.error(
            'error: --read-only, --allow-secrets, --allow-dry-run and --expires need --for or --container',
          );
        const [edit, ...others] = more;
        if (what === 'end' && edit !== undefined && others.length === 0) {
          const { runKubeconfigEnd } = await import('./commands/kubeconfig-for.ts');
          return runKubeconfigEnd(session, edit);
        }
        if (!['history', 'diff', 'undo'].includes(what) || others.length > 0)
          program.error(
            'error: give history, diff or undo, end and a file, or clusters with --for or --container',
          );
        if (what === 'history' && edit !== undefined) program.error('error: history takes no edit');
        if (what === 'history') return runHistory(session);
        return what === 'diff' ? runDiff(session, edit) : runUndo(session, edit);
      });
    });
}

/** Describes the commands about this computer and the command line itself. */
export function describeOwn(describing: Describing): void {
  const { program, json, command, done, rest } = describing;
  describeSupport(describing);
  command('relay <folder>')
    .usage('[options] <folder> [-- <command...>]')
    .option('--host <host>', 'Connect to this host in place of the sockets in the folder')
    .action(async (folder: string, { host }: { readonly host?: string }) => {
      const { runRelay } = await import('./commands/relay.ts');
      done(await runRelay(folder, host, rest));
    });
  command('mcp').action(async () => {
    if (json) program.error('error: mcp has no JSON output: it speaks the Model Context Protocol');
    const { runMcp } = await import('./commands/mcp.ts');
    done(await runMcp());
  });
  command('doctor [folder]')
    .option('--fix', 'Fix what is safe to fix')
    .action(async (folder: string | undefined, flags: { readonly fix?: true }) => {
      const { loadDoctor, planScript } = await import('./program-file.ts');
      const { runDoctor } = await loadDoctor();
      const how = { json, fix: flags.fix === true, folder, worker: planScript() };
      const { code, isLate } = await runDoctor(how);
      done(code);
      // Do not wait for a name server that does not answer.
      if (isLate) process.stdout.write('', () => process.exit(code));
    });
  command('completion <shell>').action(async (shell: string) => {
    const { completionScript } = await (await import('./program-file.ts')).loadCompletion();
    process.stdout.write(completionScript(program, shell));
    done(0);
  });
}

/** Splits the arguments of `exec` and `relay` at the first `--`: what follows is a command, with options of its own. */
export function splitExec(args: readonly string[]): {
  readonly before: readonly string[];
  readonly rest: readonly string[];
} {
  const at = args[0] === 'exec' || args[0] === 'relay' ? args.indexOf('--') : -1;
  return at < 0 ? { before: args, rest: [] } : { before: args.slice(0, at), rest: args.slice(at + 1) };
}
