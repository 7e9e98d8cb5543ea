import { accessSync, constants, readFileSync, realpathSync, statSync } from 'node:fs';
import { userInfo } from 'node:os';
import path from 'node:path';
import { pathsFrom } from '../../agent/paths.ts';
import { AppError } from '../../model/app-error.ts';
import { command } from '../../model/command.ts';
import { type RunningChild, startChild } from '../children.ts';
import { type IsolatedTerminal, terminalVariables, withVariables } from '../isolated.ts';
import { loadRelay, relayFiles } from '../program-file.ts';
import { writeAside } from '../report.ts';
import { findBwrap } from './bwrap.ts';
import { callFilter } from './call-filter.ts';
import { closeInherited } from './inherited.ts';
import { bwrapArguments, inside, programFolders, relayed, type Shown, sandboxEnvironment } from './mounts.ts';
import { createShownPaths, isWithin } from './shown-paths.ts';

/** A socket's path may have 108 bytes on Linux, with the zero at its end. */
const socketPathLimit = 107;

export interface SandboxFlags {
  /** The command may change the working folder. */
  readonly writable?: true | undefined;
  /** Files and folders that the command sees besides. */
  readonly show?: readonly string[] | undefined;
}

/** Runs commands so that they reach one cluster, to read, and nothing else of the user's. */
export interface Sandbox {
  /** Starts a command with a terminal's kubeconfig. Rejects with `bad-input` or `not-found` if it cannot be started. */
  start(
    terminal: IsolatedTerminal,
    words: readonly string[],
    stdio: 'inherit' | 'pipe',
  ): Promise<RunningChild>;
}

/**
 * Checks that commands can run in a sandbox here, and what they would see. `kubeconfigs` are the files that it must not show.
 * Rejects with `bad-input` or `not-found`, which say what to do.
 */
export async function prepareSandbox(options: {
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  readonly flags: SandboxFlags;
  readonly kubeconfigs: readonly string[];
}): Promise<Sandbox> {
  const { env, cwd, flags, kubeconfigs } = options;
  const paths = pathsFrom(env);
  const bwrap = await findBwrap({ env, home: paths.home });
  const hidden = [paths.state, paths.config, paths.cloudflared, path.dirname(paths.socket)];
  const check = createShownPaths({
    homes: [paths.home, userInfo().homedir],
    paths: [...hidden, path.join(paths.home, '.kube'), ...kubeconfigs, ...journalled(paths.state)],
  });
  const folder = check.folder(cwd);
  const shown: readonly Shown[] = [
    ...(flags.show ?? []).map((given) => ({ path: check.named(given, cwd), isWritable: false })),
    { path: folder, isWritable: flags.writable === true },
  ];
  const relay = relayFiles();
  const filter = callFilter();

  return {
    async start(terminal, words, stdio) {
      const own = path.dirname(terminal.file);
      if (Buffer.byteLength(path.join(own, '65535.sock')) > socketPathLimit)
        throw new AppError('bad-input', `${own} is too long for the path of a socket.`, {
          hint: 'The home folder needs a shorter path.',
        });
      checkProgram(words[0] ?? '', { env, folder, shown });
      const close = await openWayOut(terminal.file);
      closeInherited();
      const args = bwrapArguments({
        ...{ ...bwrap, home: paths.home, terminal: own, relay, shown, cwd: folder },
        hasFilter: filter !== undefined,
      });
      const file = path.join(inside.terminal, path.basename(terminal.file));
      const [program = '', script] = relay.map(relayed);
      const serving = script === undefined ? [program, 'relay'] : [program, script];
      const running = await startChild({
        program: bwrap.file,
        args: [...args, ...serving, file, '--', ...words],
        env: withVariables(sandboxEnvironment(env, paths.home), terminalVariables({ ...terminal, file })),
        stdio,
        input: filter,
      });
      return { ...running, code: running.code.finally(close) };
    },
  };
}

/** Opens the socket that leads from the sandbox to the port of the kubeconfig. Resolves with what closes it. */
async function openWayOut(kubeconfig: string): Promise<() => void> {
  const { relay } = await loadRelay();
  return new Promise((resolve) => {
    const close = relay({
      folder: kubeconfig,
      outward: true,
      log: (text) => writeAside([text]),
      onListening() {},
      onReady: () => resolve(close),
    });
  });
}

/** Throws if the sandbox does not show the program, with what would show it. */
function checkProgram(
  program: string,
  {
    env,
    folder,
    shown,
  }: { readonly env: NodeJS.ProcessEnv; readonly folder: string; readonly shown: readonly Shown[] },
): void {
  const folders = program.includes('/')
    ? [folder]
    : (env.PATH ?? '').split(path.delimiter).filter((one) => path.isAbsolute(one));
  const found = folders.map((one) => path.resolve(one, program)).filter(isProgram);
  const roots = [...programFolders, ...shown.map((one) => one.path)];
  const isShown = (file: string) => roots.some((root) => isWithin(file, root));
  if (found.some((file) => isShown(file) && isShown(realpathSync(file)))) return;
  const [hidden] = found;
  throw new AppError(
    'not-found',
    hidden === undefined
      ? `${program} is not found.`
      : `${program} is ${realpathSync(hidden)}, which the sandbox does not show.`,
    {
      hint:
        hidden === undefined
          ? 'Check its name and PATH.'
          : `Show its folder, and what else it needs, with ${command`--show ${path.dirname(realpathSync(hidden))}`}.`,
    },
  );
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

/** Returns the kubeconfigs that the agent has edited, as its journal names them. */
function journalled(state: string): readonly string[] {
  try {
    const { data } = JSON.parse(readFileSync(path.join(state, 'journal.json'), 'utf8')) as { data?: unknown };
    return Object.keys(data ?? {});
  } catch {
    return [];
  }
}
