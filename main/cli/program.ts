import { type Argument, Command, CommanderError } from 'commander';
import { version } from '../agent/version.ts';
import { AppError } from '../model/app-error.ts';
import { shells } from '../model/shell-word.ts';
import { runAccounts } from './commands/accounts.ts';
import { runActivity } from './commands/activity.ts';
import { runAgent } from './commands/agent.ts';
import { type AllowFlags, runAllow } from './commands/allow.ts';
import { runConnect } from './commands/connect.ts';
import { runCredential } from './commands/credential.ts';
import { runDisconnect } from './commands/disconnect.ts';
import { runDiscover } from './commands/discover.ts';
import { runForget } from './commands/forget.ts';
import { runLintTags } from './commands/lint-tags.ts';
import { runList, runListAtRest } from './commands/list.ts';
import { type LoginFlags, runLogin } from './commands/login.ts';
import { runLogout } from './commands/logout.ts';
import { runQuit } from './commands/quit.ts';
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
import { reportError } from './report.ts';
import { type Session, withAgent } from './session.ts';
import { guarded, hasTerminal } from './terminal.ts';

interface Json {
  readonly json?: true;
}

/** Runs the command that the arguments name. Answers the exit code. */
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

/** Of the commands that print commands. */
const shellOption = [
  '--shell <shell>',
  `what to print the commands for: ${shells.join(', ')} (this computer's)`,
] as const;

function collect(value: string, before: readonly string[]): readonly string[] {
  return [...before, value];
}

function argumentTerm(argument: Argument): string {
  const name = argument.variadic ? `${argument.name()}...` : argument.name();
  return argument.required ? `<${name}>` : `[${name}]`;
}

/** The command line as commander knows it; `done` is told the exit code of what ran. */
export function describe(options: {
  readonly json: boolean;
  readonly done: (code: number) => void;
}): Command {
  const { json, done } = options;
  const program = new Command('k8s-tunnels')
    .description(
      'Finds every Kubernetes cluster you may reach, opens tunnels to them, and lets kubectl just work.\nWith no command, in a terminal: a list to search and to check clusters on.',
    )
    .version(version, '-v, --version', 'print the version')
    .helpOption('-h, --help', 'print help')
    .helpCommand(false)
    .addHelpText('after', `\n${exitCodesHelp}`)
    .configureHelp({
      subcommandTerm: (sub) => [sub.name(), ...sub.registeredArguments.map(argumentTerm)].join(' '),
    })
    .exitOverride()
    .configureOutput({ writeErr: (text) => void (json || process.stderr.write(guarded(text))) });
  const command = (usage: string, description: string) =>
    program
      .command(usage)
      .description(description)
      .option('--json', 'print one JSON document, errors too')
      .helpOption('-h, --help', 'print help');
  const withSession = async (run: (session: Session) => Promise<number>) =>
    done(await withAgent({ json }, run));

  command('list [words...]', 'the clusters known, or those that every word fits')
    .option('--all', 'also those that your Access policies deny you')
    .action(async (words: string[], { all = false }: { readonly all?: boolean }) => {
      const code = await runListAtRest({ words, all, json }).catch(() => undefined);
      if (code !== undefined) done(code);
      else await withSession((session) => runList(session, words, { all }));
    });
  command('discover', 'look for clusters everywhere anew').action(() => withSession(runDiscover));
  command('connect [clusters...]', 'open tunnels and switch to the first, unless one is production')
    .option('--set <name>', 'the clusters of a set')
    .option('--add', 'only add the contexts, leave the current context as it is')
    .option('--switch', 'switch the current context to the first one, after a question if it is production')
    .option('--for <time>', 'switch for so long (30m, 2h), then restore the previous context')
    .option('--production', 'confirm what is asked about production clusters')
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
  /** Everything is never meant by leaving names out. */
  const namesOrAll = (verb: string, names: readonly string[], all: true | undefined) => {
    if (all && names.length > 0) program.error('error: --all and names exclude each other');
    if (!all && names.length === 0)
      program.error(
        `error: name a cluster (k8s-tunnels ${verb} <cluster>), or give --all (k8s-tunnels ${verb} --all)`,
      );
    return all ? 'all' : names;
  };
  command('disconnect [clusters...]', 'close tunnels and restore the previous context')
    .option('--all', 'close all')
    .action((clusters: string[], { all }: { readonly all?: true }) => {
      const which = namesOrAll('disconnect', clusters, all);
      return withSession((session) => runDisconnect(session, which));
    });
  command('remove [clusters...]', 'remove contexts from the kubeconfig, and close their tunnels')
    .alias('forget')
    .option('--all', 'remove all')
    .action((clusters: string[], { all }: { readonly all?: true }) => {
      const which = namesOrAll('remove', clusters, all);
      return withSession((session) => runForget(session, which));
    });
  command('rotate [clusters...]', 'replace the passwords of local ports, and update the kubeconfig')
    .option('--all', 'replace all')
    .action((clusters: string[], { all }: { readonly all?: true }) => {
      const which = namesOrAll('rotate', clusters, all);
      return withSession((session) => runRotate(session, which));
    });
  command('sets', 'the sets of clusters that you saved').action(() => withSession(runSets));
  command('status', 'what is connected, and what kubectl uses').action(() => withSession(runStatus));
  command('activity', 'what happened and when, the newest last')
    .option('--limit <number>', 'the last so many, up to 500 (50)')
    .action((flags: { readonly limit?: string }) => withSession((session) => runActivity(session, flags)));
  command('switch <cluster>', 'make a connected cluster the current context; - for the previous one')
    .option('--for <time>', 'for so long (30m, 2h), then restore the previous context')
    .option('--production', 'confirm that it may be a production cluster')
    .action((cluster: string, flags: { readonly for?: string; readonly production?: true }) =>
      withSession((session) => {
        const minutes = flags.for === undefined ? undefined : minutesFrom(flags.for);
        return runSwitch(session, cluster, { production: flags.production, minutes });
      }),
    );
  command('tags <cluster>', "show a cluster's tags, or print the commands that change them")
    .option('--set <field=value>', 'a tag to set, for example hostname=k8s.example.com', collect, [])
    .option('--unset <field>', 'a tag to remove', collect, [])
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
  command('lint-tags', "check every cluster's tags, and print the commands that mend them")
    .option('--source <source>', 'only of one source: eks, gke, aks, vault or file')
    .option('--fresh', 'look for clusters anew first, however fresh the list is')
    .option('--strict', 'warnings count too')
    .option(...shellOption)
    .action(
      (flags: {
        readonly source?: string;
        readonly fresh?: true;
        readonly strict?: true;
        readonly shell?: string;
      }) => withSession((session) => runLintTags(session, flags)),
    );
  command('accounts', 'who is signed in where, until when').action(() => withSession(runAccounts));
  command('login [provider] [session]', 'sign in: access, aws, gcp, azure, vault or oidc, and which of them')
    .option('--all', 'everything that is missing, one after another')
    .option('--region <region>', 'aws: of the access portal whose start URL is given in place of a session')
    .option('--device-code', 'by a code that you enter on any device (also: K8S_TUNNELS_NO_BROWSER=1)')
    .option('--allow <cluster>', "oidc: let this cluster's API server receive your id token")
    .option('--yes', 'with --allow: do not ask')
    .action(
      (provider: string | undefined, name: string | undefined, flags: LoginFlags & Partial<AllowFlags>) =>
        withSession((session) => {
          const { allow } = flags;
          return allow === undefined
            ? runLogin(session, provider, name, flags)
            : runAllow(session, provider, name, { ...flags, allow });
        }),
    );
  command('logout [provider] [session]', 'sign out, and tell what else still holds a session').action(
    (provider: string | undefined, name: string | undefined) =>
      withSession((session) => runLogout(session, provider, name)),
  );
  command('settings [key] [value]', 'show the settings or one of them, or change one')
    .option('--reset', "forget what you chose: your organisation's value counts, or the usual one")
    .action((key: string | undefined, value: string | undefined, flags: { readonly reset?: true }) =>
      withSession((session) => runSettings(session, key, value, flags)),
    );
  command('setup [source]', "set up by your organisation's file or https address, or show what is set up")
    .option('--key <base64>', 'only with a signature of this ed25519 public key, from now on')
    .option('--yes', 'do not ask')
    .option('--replace', 'in place of a setup that came from elsewhere')
    .option('--show', 'show what is set up')
    .option('--refresh', 'read it anew from where it came')
    .option('--review', 'show what a new configuration changes, and accept it')
    .option('--remove', 'forget it')
    .action((source: string | undefined, flags: SetupFlags) =>
      withSession((session) => runSetup(session, source, flags)),
    );
  command('serve', 'show the window in a browser, until Ctrl-C; what is connected stays')
    .option('--port <number>', 'on that port instead of a free one')
    .option('--no-open', 'only print the address')
    .action(async ({ port, open }: Json & { readonly port?: string; readonly open: boolean }) =>
      done(await runServe({ json, port, open })),
    );
  command('credential <cluster>', 'what kubectl runs to get a credential').action(async (cluster: string) =>
    done(await runCredential(cluster, { json })),
  );
  command('agent', 'be the agent, which other commands start by themselves')
    .option('--idle-exit <minutes>', 'end when nothing was connected and nobody called for so long')
    .action(async ({ idleExit }: Json & { readonly idleExit?: string }) =>
      done(await runAgent({ json, idleExit })),
    );
  command('quit', 'disconnect everything and end the agent').action(async () =>
    done(await runQuit({ json })),
  );
  return program;
}
