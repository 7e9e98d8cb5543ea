import { access } from 'node:fs/promises';
import path from 'node:path';
import type { Environment } from '../../agent/parts.ts';
import { findProgram } from '../../agent/processes/find-program.ts';
import { runProgram } from '../../agent/processes/run-program.ts';
import { versionIn } from '../doctor/probes/programs.ts';
import type { InstalledProgram, Inventory } from './document.ts';

const limitMs = 2_000;

interface Asked {
  readonly env: Environment;
  readonly home: string;
  readonly cwd: string;
  readonly platform: NodeJS.Platform;
  /** The folder of the package's programs, if this command line is one of them. */
  readonly packageFolder: string | undefined;
}

/** Looks for the desktop app, cloudflared and kubectl, and asks each for its version. Takes two seconds at most. */
export async function findInstalled(
  asked: Asked,
): Promise<Pick<Inventory, 'app' | 'cloudflared' | 'kubectl'>> {
  const { platform } = asked;
  const suffix = platform === 'win32' ? '.exe' : '';
  const bin = await packagePrograms(asked);
  const inPackage = (name: string) => (bin === undefined ? undefined : path.join(bin, `${name}${suffix}`));
  const [cli, embedded, onPath, kubectl] = await Promise.all([
    ask(inPackage('k8s-tunnels'), ['--version'], asked),
    ask(inPackage('cloudflared'), ['--version'], asked),
    onPathOf('cloudflared', ['--version'], asked),
    onPathOf('kubectl', ['version', '--client'], asked),
  ]);
  const app = bin === undefined || cli === null ? null : { path: appOf(bin, platform), version: cli.version };
  return { app, cloudflared: { package: embedded, onPath }, kubectl };
}

/** Where electron-builder's packages are installed, and in each the folder of our programs. */
async function packagePrograms({ env, home, platform, packageFolder }: Asked): Promise<string | undefined> {
  const { LOCALAPPDATA = '', ProgramFiles = '' } = env;
  const folders = {
    win32: [LOCALAPPDATA && path.join(LOCALAPPDATA, 'Programs'), ProgramFiles].flatMap((folder) =>
      folder === '' ? [] : path.join(folder, 'k8s-tunnels', 'resources', 'bin'),
    ),
    darwin: ['/Applications', path.join(home, 'Applications')].map((folder) =>
      path.join(folder, 'k8s-tunnels.app', 'Contents', 'Resources', 'bin'),
    ),
    linux: ['/opt/k8s-tunnels/resources/bin'],
  };
  const known = folders[platform as keyof typeof folders] ?? [];
  for (const folder of [packageFolder ?? [], known].flat()) {
    // The command line alone, as one executable, has no app around it.
    if (!/^resources$/i.test(path.basename(path.dirname(folder)))) continue;
    if (await isThere(appOf(folder, platform))) return folder;
  }
  return undefined;
}

/** The app around the folder of our programs, as a user starts it. */
function appOf(bin: string, platform: NodeJS.Platform): string {
  const around = path.resolve(bin, '..', '..');
  if (platform === 'darwin') return path.dirname(around);
  return path.join(around, platform === 'win32' ? 'k8s-tunnels.exe' : 'k8s-tunnels');
}

async function onPathOf(
  command: string,
  args: readonly string[],
  asked: Asked,
): Promise<InstalledProgram | null> {
  const program = await findProgram({ command, ...asked });
  return program.kind === 'found' ? ask(program.file, args, asked) : null;
}

async function ask(
  file: string | undefined,
  args: readonly string[],
  { env, home }: Asked,
): Promise<InstalledProgram | null> {
  if (file === undefined || !(await isThere(file))) return null;
  const end = await runProgram({ command: file, args, env, cwd: home, limitMs });
  return { path: file, version: (end.kind === 'ended' && versionIn(`${end.stdout}\n${end.stderr}`)) || null };
}

function isThere(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}
