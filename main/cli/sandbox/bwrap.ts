import { readFile } from 'node:fs/promises';
import { findProgram } from '../../agent/processes/find-program.ts';
import { lastWords, runProgram } from '../../agent/processes/run-program.ts';
import { AppError } from '../../model/app-error.ts';

const troubleshooting = 'See docs/troubleshooting.md, "A sandbox".';
const limitMs = 10_000;

/** Bubblewrap, as it is on this computer. */
export interface Bwrap {
  readonly file: string;
  readonly forbidsNamespaces: boolean;
}

/**
 * Finds bubblewrap, and resolves when it has made a sandbox. Rejects with `bad-input` if this system has none, or forbids
 * it, with `not-found` if it is not installed; each says what to do.
 */
export async function findBwrap(options: {
  readonly env: NodeJS.ProcessEnv;
  readonly home: string;
  readonly platform?: NodeJS.Platform;
  /** Reads a setting of the kernel, for tests. */
  readonly setting?: (name: string) => Promise<string | undefined>;
}): Promise<Bwrap> {
  const { env, home, platform = process.platform, setting = kernelSetting } = options;
  if (platform !== 'linux')
    throw new AppError('bad-input', '--sandbox works on Linux only: it needs the namespaces of Linux.', {
      hint: 'Run the command in a container: see docs/containers.md, with --read-only.',
    });
  const found = await findProgram({ command: 'bwrap', cwd: '/', env, home });
  if (found.kind === 'missing')
    throw new AppError('not-found', '--sandbox needs bubblewrap, and bwrap is not found in PATH.', {
      hint: 'Install the package bubblewrap: sudo apt install bubblewrap, or sudo dnf install bubblewrap.',
    });
  if (found.kind === 'distrusted') {
    const { place, why, fix } = found.distrust;
    throw new AppError('bad-input', `bwrap is not used: ${place} ${why}.`, { hint: fix });
  }
  const { file } = found;
  // Older versions cannot forbid further user namespaces. These give a program nothing that it has not in the sandbox.
  const failure = await failureOf(file, ['--disable-userns']);
  if (failure === undefined) return { file, forbidsNamespaces: true };
  const plain = await failureOf(file, []);
  if (plain === undefined) return { file, forbidsNamespaces: false };
  throw new AppError('bad-input', `bwrap cannot make a sandbox here${plain}.`, {
    hint: `${await reason(setting)} ${troubleshooting}`,
  });
}

/** Resolves with what bwrap says if it cannot make a sandbox. */
async function failureOf(file: string, flags: readonly string[]): Promise<string | undefined> {
  const args = ['--unshare-all', '--unshare-user', ...flags, '--cap-drop', 'ALL', '--ro-bind', '/', '/'];
  const mounts = ['--proc', '/proc', '--dev', '/dev', '--tmpfs', '/tmp'];
  const end = await runProgram({ command: file, args: [...args, ...mounts, 'true'], limitMs });
  if (end.kind === 'ended' && end.exitCode === 0) return undefined;
  return 'lastLine' in end ? lastWords(end.lastLine) : '';
}

/** Says which setting forbids user namespaces, and how to allow them to bwrap. */
async function reason(setting: (name: string) => Promise<string | undefined>): Promise<string> {
  if ((await setting('kernel/apparmor_restrict_unprivileged_userns')) === '1')
    return 'AppArmor forbids user namespaces, as on Ubuntu 24.04. Allow them to bwrap: sudo apt install apparmor-profiles && sudo ln -s /usr/share/apparmor/extra-profiles/bwrap-userns-restrict /etc/apparmor.d/ && sudo systemctl reload apparmor.';
  if ((await setting('kernel/unprivileged_userns_clone')) === '0')
    return 'The kernel forbids user namespaces. Allow them: sudo sysctl kernel.unprivileged_userns_clone=1.';
  if ((await setting('user/max_user_namespaces')) === '0')
    return 'The kernel allows no user namespaces. Allow them: sudo sysctl user.max_user_namespaces=10000.';
  return 'In a container, it needs the permission to make user namespaces.';
}

async function kernelSetting(name: string): Promise<string | undefined> {
  return readFile(`/proc/sys/${name}`, 'utf8').then(
    (text) => text.trim(),
    () => undefined,
  );
}
