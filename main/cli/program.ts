import { type Argument, Command, CommanderError } from 'commander';
import { version } from '../agent/version.ts';
import { AppError } from '../model/app-error.ts';
import { describeAudit } from './audit-command.ts';
import type { commandHelp } from './command-help.ts';
import { runAccounts } from './commands/accounts.ts';
import { runActivity } from './commands/activity.ts';
import { runAgent } from './commands/agent.ts';
import { type AllowFlags, runAllow } from './commands/allow.ts';
import { runConnect } from './commands/connect.ts';
import { runCredential } from './commands/credential.ts';
import { runDisconnect } from './commands/disconnect.ts';
import { runDiscover } from './commands/discover.ts';
import { listFormats, runList, runListAtRest } from './commands/list.ts';
import { type LoginFlags, runLogin } from './commands/login.ts';
import { runLogout } from './commands/logout.ts';
import { runQuit } from './commands/quit.ts';
import { runRemove } from './commands/remove.ts';
import { runRotate } from './commands/rotate.ts';
import { runServe } from './commands/serve.ts';
import { runConnectSet } from './commands/sets.ts';
import { runSettings } from './commands/settings.ts';
import { runStatus } from './commands/status.ts';
import { runSwitch } from './commands/switch.ts';
import { minutesFrom } from './duration.ts';
import { exitCodes } from './exit-codes.ts';
import { exitCodesHelp } from './exit-codes-help.ts';
import { helpOf } from './help-of.ts';
import { describeLists } from './list-commands.ts';
import { programName } from './program-name.ts';
import { reportError } from './report.ts';
import { type Session, withAgent } from './session.ts';
import { describeSetup } from './setup-command.ts';
import { describeTags } from './tag-commands.ts';
import { guarded, hasTerminal } from './terminal.ts';
import {
  describeCompare,
  describeKubeconfig,
  describeLocks,
  describeOwn,
  describeTerminals,
  splitExec,
} from './terminal-commands.ts';

/** Runs the command that the arguments name. Resolves with the exit code. */
export async function runProgram(args: readonly string[]): Promise<number> {
  const { before, rest } = splitExec(args);
  const json = before.includes('--json');
  if (args.length === 0 && hasTerminal()) {
    const { runPick } = await import('./commands/pick.ts');
    return withAgent({ json: false }, runPick);
  }
  const result = { code: exitCodes.ok as number };
  const program = describe({
    json,
    rest,
    done: (code) => {
      result.code = code;
    },
  });
  try {
    await program.parseAsync([...before], { from: 'user' });
    return result.code;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return exitCodes.ok;
    if (json) reportError(new AppError('bad-input', error.message.replace(/^error: /, '')), { json });
    return exitCodes.badInput;
  }
}

interface ConnectFlags {
  readonly set?: string;
  readonly add?: true;
  readonly switch?: true;
  readonly for?: string;
  readonly production?: true;
  readonly dryRun?: true;
}

function argumentTerm(argument: Argument): string {
  const name = `${argument.name()}${argument.variadic ? '...' : ''}`;
  return argument.required ? `<${name}>` : `[${name}]`;
}

/** Returns the command line's commander program. Calls `done` with the exit code of the command that ran. */
export function describe(options: {
  readonly json: boolean;
  readonly done: (code: number) => void;
  /** What follows `--` in the arguments of `exec`. */
  readonly rest?: readonly string[];
}): Command {
  const { json, done, rest = [] } = options;
  const program: Command = new Command(programName())
    .description(
      'Discovers the Kubernetes clusters that you can access, opens tunnels to them, and edits your kubeconfig.\nWithout a command, in a terminal: a searchable list to connect and disconnect clusters.',
    )
    .version(version, '-v, --version', 'Print the version')
    .helpOption('-h, --help', 'Print help')
    .helpCommand('help [command]', 'Print help, of a command too')
    .addHelpText('after', `\n${exitCodesHelp}`)
    .configureHelp({
      commandUsage: (sub) =>
        [program.name(), ...(sub === program ? [] : [sub.name()]), sub.usage()].join(' '),
      subcommandTerm: (sub) => [sub.name(), ...sub.registeredArguments.map(argumentTerm)].join(' '),
    })
    .exitOverride()
    .configureOutput({ writeErr: (text) => void (json || process.stderr.write(guarded(text))) });
  const command = (usage: string) => {
    const [name = ''] = usage.split(' ');
    const { summary, description, examples } = helpOf(name as keyof typeof commandHelp, program.name());
    return program
      .command(usage)
      .summary(summary)
      .description(description)
      .addHelpText('after', examples)
      .option('--json', 'Print one JSON document, also for errors')
      .helpOption('-h, --help', 'Print help');
  };
  const withSession = async (run: Parameters<typeof withAgent>[1]) => done(await withAgent({ json }, run));
  command('list [words...]')
    .option('--all', 'Include clusters that your Access policies deny')
    .option('-o, --output <format>', 'Output format: wide, name, json or yaml')
    .action(async (words: string[], flags: { readonly all?: boolean; readonly output?: string }) => {
      const { all = false, output = json ? 'json' : undefined } = flags;
      const format = listFormats.find((one) => one === output);
      if (output !== undefined && format === undefined)
        program.error(`error: --output is one of ${listFormats.join(', ')}`);
      const code = await runListAtRest({ words, all, format }).catch(() => undefined);
      if (code !== undefined) done(code);
      else await withSession((session) => runList(session, words, { all, format }));
    });
  command('discover').action(() => withSession(runDiscover));
  command('connect [clusters...]')
    .option('--set <name>', 'Connect the clusters of a set')
    .option('--add', 'Add the contexts without switching the current context')
    .option('--switch', 'Switch the current context to the first cluster; asks first if it is production')
    .option('--for <time>', 'Switch for this long (30m, 2h), then restore the previous context')
    .option('--production', 'Confirm questions about production clusters')
    .option('--dry-run', 'Print what would change in the kubeconfig, and change nothing')
    .action((clusters: string[], flags: ConnectFlags) => {
      const switches = flags.switch || flags.for !== undefined;
      if (flags.add && switches)
        program.error(`error: --add and ${flags.switch ? '--switch' : '--for'} exclude each other`);
      if ((flags.set === undefined) === (clusters.length === 0))
        program.error('error: name clusters, or a set with --set');
      const mode = flags.add ? 'add' : switches ? 'switch' : undefined;
      return withSession((session) => {
        const minutes = flags.for === undefined ? undefined : minutesFrom(flags.for);
        const how = { mode, production: flags.production, minutes, dryRun: flags.dryRun } as const;
        return flags.set === undefined
          ? runConnect(session, clusters, how)
          : runConnectSet(session, flags.set, how);
      });
    });
  /** A command that needs names or `--all`: without either, it must not act on everything. */
  const commandOnAll = (
    verb: 'disconnect' | 'remove' | 'rotate',
    allText: string,
    run: (session: Session, which: readonly string[] | 'all') => Promise<number>,
  ) =>
    command(`${verb} [clusters...]`)
      .option('--all', allText)
      .action((names: string[], { all }: { readonly all?: true }) => {
        if (all && names.length > 0) program.error('error: --all and names exclude each other');
        if (!all && names.length === 0)
          program.error(
            `error: name a cluster (${program.name()} ${verb} <cluster>), or give --all (${program.name()} ${verb} --all)`,
          );
        return withSession((session) => run(session, all ? 'all' : names));
      });
  commandOnAll('disconnect', 'Close all tunnels', runDisconnect);
  commandOnAll('remove', 'Remove all contexts', runRemove).alias('forget');
  commandOnAll('rotate', 'Replace all passwords', runRotate);
  const describing = { program, json, command, withSession, done, rest };
  describeTerminals(describing);
  describeCompare(describing);
  describeKubeconfig(describing);
  describeOwn(describing);
  describeLists(describing);
  command('status').action(() => withSession(runStatus));
  command('activity')
    .option('--limit <number>', 'Number of events, up to 500 (default: 50)')
    .action((flags: { readonly limit?: string }) => withSession((session) => runActivity(session, flags)));
  describeAudit(describing);
  command('switch <cluster>')
    .option('--for <time>', 'Switch for this long (30m, 2h), then restore the previous context')
    .option('--production', 'Confirm the switch to a production cluster')
    .action((cluster: string, flags: { readonly for?: string; readonly production?: true }) =>
      withSession((session) => {
        const minutes = flags.for === undefined ? undefined : minutesFrom(flags.for);
        return runSwitch(session, cluster, { production: flags.production, minutes });
      }),
    );
  describeLocks(describing);
  describeTags(describing);
  command('accounts').action(() => withSession(runAccounts));
  command('login [provider] [session]')
    .option('--all', 'Sign in to everything that is missing, one after another')
    .option('--region <region>', 'aws: region of the access portal, with its start URL in place of a session')
    .option('--device-code', 'Sign in with a code on any device (also: K8S_TUNNELS_NO_BROWSER=1)')
    .option('--allow <cluster>', "oidc: send your ID token to this cluster's API server")
    .option('--yes', 'With --allow: do not ask')
    .action(
      (provider: string | undefined, name: string | undefined, flags: LoginFlags & Partial<AllowFlags>) =>
        withSession((session) => {
          const { allow } = flags;
          return allow === undefined
            ? runLogin(session, provider, name, flags)
            : runAllow(session, provider, name, { ...flags, allow });
        }),
    );
  command('logout [provider] [session]')
    .option('--all', 'Sign out of every match')
    .action((provider: string | undefined, name: string | undefined, { all }: { readonly all?: true }) =>
      withSession((session) => runLogout(session, provider, name, all)),
    );
  command('settings [key] [value]')
    .option('--reset', "Restore your organisation's value, or the default")
    .action((key: string | undefined, value: string | undefined, flags: { readonly reset?: true }) =>
      withSession((session) => runSettings(session, key, value, flags)),
    );
  describeSetup(describing);
  command('serve')
    .option('--port <number>', 'Listen on this port (default: a free one)')
    .option('--no-open', 'Print the address without opening a browser')
    .action(async ({ port, open }: { readonly port?: string; readonly open: boolean }) =>
      done(await runServe({ json, port, open })),
    );
  command('credential <cluster>').action((cluster: string) => runCredential(cluster, { json }).then(done));
  command('agent')
    .option('--idle-exit <minutes>', 'Stop after this long without tunnels and without callers')
    .action(async ({ idleExit }: { readonly idleExit?: string }) => done(await runAgent({ json, idleExit })));
  command('quit').action(async () => done(await runQuit({ json })));
  return program;
}
