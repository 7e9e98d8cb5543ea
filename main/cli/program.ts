import { type Argument, Command, CommanderError } from 'commander';
import { version } from '../agent/version.ts';
import { AppError } from '../model/app-error.ts';
import { type commandHelp, helpOf } from './command-help.ts';
import { runAccounts } from './commands/accounts.ts';
import { runActivity } from './commands/activity.ts';
import { runAgent } from './commands/agent.ts';
import { type AllowFlags, runAllow } from './commands/allow.ts';
import { runConnect } from './commands/connect.ts';
import { runCredential } from './commands/credential.ts';
import { runDisconnect } from './commands/disconnect.ts';
import { runDiscover } from './commands/discover.ts';
import { runLintTags } from './commands/lint-tags.ts';
import { runList, runListAtRest } from './commands/list.ts';
import { type LoginFlags, runLogin } from './commands/login.ts';
import { runLogout } from './commands/logout.ts';
import { runQuit } from './commands/quit.ts';
import { runRemove } from './commands/remove.ts';
import { runRotate } from './commands/rotate.ts';
import { runServe } from './commands/serve.ts';
import { runConnectSet, runSets } from './commands/sets.ts';
import { runSettings } from './commands/settings.ts';
import { runSetup, type SetupFlags } from './commands/setup.ts';
import { runStatus } from './commands/status.ts';
import { runSwitch } from './commands/switch.ts';
import { runTags } from './commands/tags.ts';
import { minutesFrom } from './duration.ts';
import { exitCodes } from './exit-codes.ts';
import { exitCodesHelp } from './exit-codes-help.ts';
import { describeKubeconfig } from './kubeconfig-command.ts';
import { reportError } from './report.ts';
import { type Session, withAgent } from './session.ts';
import { shellOption } from './shell-flag.ts';
import { guarded, hasTerminal } from './terminal.ts';

interface Json {
  readonly json?: true;
}

/** Runs the command that the arguments name. Resolves with the exit code. */
export async function runProgram(args: readonly string[]): Promise<number> {
  const json = args.includes('--json');
  if (args.length === 0 && hasTerminal()) {
    const { runPick } = await import('./commands/pick.ts');
    return withAgent({ json: false }, runPick);
  }
  const result = { code: exitCodes.ok as number };
  const program = describe({
    json,
    done: (code) => {
      result.code = code;
    },
  });
  try {
    await program.parseAsync([...args], { from: 'user' });
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
}

function collect(value: string, before: readonly string[]): readonly string[] {
  return [...before, value];
}

function argumentTerm(argument: Argument): string {
  const name = argument.variadic ? `${argument.name()}...` : argument.name();
  return argument.required ? `<${name}>` : `[${name}]`;
}

/** Returns the command line's commander program. Calls `done` with the exit code of the command that ran. */
export function describe(options: {
  readonly json: boolean;
  readonly done: (code: number) => void;
}): Command {
  const { json, done } = options;
  const program: Command = new Command('k8s-tunnels')
    .description(
      'Discovers the Kubernetes clusters that you can access, opens tunnels to them, and edits your kubeconfig.\nWithout a command, in a terminal: a searchable list to connect and disconnect clusters.',
    )
    .version(version, '-v, --version', 'Print the version')
    .helpOption('-h, --help', 'Print help')
    .helpCommand(false)
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
    const { summary, description, examples } = helpOf(name as keyof typeof commandHelp);
    return program
      .command(usage)
      .summary(summary)
      .description(description)
      .addHelpText('after', examples)
      .option('--json', 'Print one JSON document, also for errors')
      .helpOption('-h, --help', 'Print help');
  };
  const withSession = async (run: (session: Session) => Promise<number>) =>
    done(await withAgent({ json }, run));

  command('list [words...]')
    .option('--all', 'Include clusters that your Access policies deny')
    .action(async (words: string[], { all = false }: { readonly all?: boolean }) => {
      const code = await runListAtRest({ words, all, json }).catch(() => undefined);
      if (code !== undefined) done(code);
      else await withSession((session) => runList(session, words, { all }));
    });
  command('discover').action(() => withSession(runDiscover));
  command('connect [clusters...]')
    .option('--set <name>', 'Connect the clusters of a set')
    .option('--add', 'Add the contexts without switching the current context')
    .option('--switch', 'Switch the current context to the first cluster; asks first if it is production')
    .option('--for <time>', 'Switch for this long (30m, 2h), then restore the previous context')
    .option('--production', 'Confirm questions about production clusters')
    .action((clusters: string[], flags: ConnectFlags) => {
      const switches = flags.switch || flags.for !== undefined;
      if (flags.add && switches)
        program.error(`error: --add and ${flags.switch ? '--switch' : '--for'} exclude each other`);
      if ((flags.set === undefined) === (clusters.length === 0))
        program.error('error: name clusters, or a set with --set');
      const mode = flags.add ? 'add' : switches ? 'switch' : undefined;
      const { production } = flags;
      return withSession((session) => {
        const minutes = flags.for === undefined ? undefined : minutesFrom(flags.for);
        const how = { mode, production, minutes } as const;
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
            `error: name a cluster (k8s-tunnels ${verb} <cluster>), or give --all (k8s-tunnels ${verb} --all)`,
          );
        return withSession((session) => run(session, all ? 'all' : names));
      });
  commandOnAll('disconnect', 'Close all tunnels', runDisconnect);
  commandOnAll('remove', 'Remove all contexts', runRemove).alias('forget');
  commandOnAll('rotate', 'Replace all passwords', runRotate);
  describeKubeconfig(command('kubeconfig <clusters...>'), withSession);
  command('sets').action(() => withSession(runSets));
  command('status').action(() => withSession(runStatus));
  command('activity')
    .option('--limit <number>', 'Number of events, up to 500 (default: 50)')
    .action((flags: { readonly limit?: string }) => withSession((session) => runActivity(session, flags)));
  command('switch <cluster>')
    .option('--for <time>', 'Switch for this long (30m, 2h), then restore the previous context')
    .option('--production', 'Confirm the switch to a production cluster')
    .action((cluster: string, flags: { readonly for?: string; readonly production?: true }) =>
      withSession((session) => {
        const minutes = flags.for === undefined ? undefined : minutesFrom(flags.for);
        return runSwitch(session, cluster, { production: flags.production, minutes });
      }),
    );
  command('tags <cluster>')
    .option('--set <field=value>', 'Set a tag, for example hostname=k8s.example.com', collect, [])
    .option('--unset <field>', 'Remove a tag', collect, [])
    .option(...shellOption)
    .action(
      (
        cluster: string,
        flags: {
          readonly set: readonly string[];
          readonly unset: readonly string[];
          readonly shell?: string;
        },
      ) => withSession((session) => runTags(session, cluster, flags)),
    );
  command('lint-tags')
    .option('--source <source>', 'Check one source only: eks, gke, aks, vault or file')
    .option('--fresh', 'Refresh the cluster list first')
    .option('--strict', 'Fail on warnings too')
    .option(...shellOption)
    .action(
      (flags: {
        readonly source?: string;
        readonly fresh?: true;
        readonly strict?: true;
        readonly shell?: string;
      }) => withSession((session) => runLintTags(session, flags)),
    );
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
  command('logout [provider] [session]').action((provider: string | undefined, name: string | undefined) =>
    withSession((session) => runLogout(session, provider, name)),
  );
  command('settings [key] [value]')
    .option('--reset', "Restore your organisation's value, or the default")
    .action((key: string | undefined, value: string | undefined, flags: { readonly reset?: true }) =>
      withSession((session) => runSettings(session, key, value, flags)),
    );
  command('setup [source]')
    .option('--key <base64>', 'Require a signature of this Ed25519 public key from now on')
    .option('--yes', 'Do not ask')
    .option('--replace', 'Replace a configuration from another source')
    .option('--show', 'Show the current configuration')
    .option('--refresh', 'Reload the configuration from its source')
    .option('--review', 'Show the changes of a new configuration and accept it')
    .option('--remove', 'Remove the configuration')
    .action((source: string | undefined, flags: SetupFlags) =>
      withSession((session) => runSetup(session, source, flags)),
    );
  command('serve')
    .option('--port <number>', 'Listen on this port (default: a free one)')
    .option('--no-open', 'Print the address without opening a browser')
    .action(async ({ port, open }: Json & { readonly port?: string; readonly open: boolean }) =>
      done(await runServe({ json, port, open })),
    );
  command('credential <cluster>').action(async (cluster: string) =>
    done(await runCredential(cluster, { json })),
  );
  command('agent')
    .option('--idle-exit <minutes>', 'Stop after this long without tunnels and without callers')
    .action(async ({ idleExit }: Json & { readonly idleExit?: string }) =>
      done(await runAgent({ json, idleExit })),
    );
  command('quit').action(async () => done(await runQuit({ json })));
  return program;
}
