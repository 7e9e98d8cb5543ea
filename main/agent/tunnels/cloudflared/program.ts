import { access, constants } from 'node:fs/promises';
import path from 'node:path';
import { AppError } from '../../../model/app-error.ts';
import type { Environment } from '../../parts.ts';
import { runProgram } from '../../processes/run-program.ts';
import { distrustReason, walkTrusted } from '../../storage/trusted-file.ts';

/** Versions that are not used, and why. */
const refused: readonly { readonly before: string; readonly because: string }[] = [
  // Its release notes: "AUTH-5682 Org token flow in Access logins should pass CF_AppSession cookie".
  {
    before: '2024.1.0',
    because: 'it cannot renew a token without a browser',
  },
];

const versionTimeoutMs = 10_000;
/** So many of the folders of PATH are named where the program is in none. */
const foldersNamed = 8;

export interface Program {
  readonly path: string;
  /** `YYYY.M.P`; undefined for a build of somebody's own. */
  readonly version: string | undefined;
}

/**
 * The first of: the one in the package, the one that `K8S_TUNNELS_CLOUDFLARED` names, `cloudflared` of PATH.
 * Undefined where none is. Rejects with `connector-unavailable` where the one that is named is not there, or where the
 * found one does not run or is a version that is known not to work.
 */
export async function findProgram(options: {
  readonly env: Environment;
  /** The folder of the package's own programs; none where we run from source. */
  readonly resources: string | undefined;
}): Promise<Program | undefined> {
  const { env, resources } = options;
  const named = env.K8S_TUNNELS_CLOUDFLARED ?? '';
  const inPackage = resources === undefined ? [] : [path.join(resources, name)];
  const folders = foldersOf(env);
  const places = [
    ...inPackage,
    ...(named === '' ? folders.map((folder) => path.join(folder, name)) : [named]),
  ];
  for (const place of places)
    if (await isExecutable(place)) {
      await refuseForeign(place, env);
      return { path: place, version: await versionOf(place, env) };
    }
  if (named !== '')
    throw unavailable(`K8S_TUNNELS_CLOUDFLARED names ${named}, which is not a program.`, {
      hint: 'Correct it, or unset it.',
    });
  return undefined;
}

const name = process.platform === 'win32' ? 'cloudflared.exe' : 'cloudflared';

function foldersOf(env: Environment): readonly string[] {
  return (env.PATH ?? env.Path ?? '').split(path.delimiter).filter(path.isAbsolute);
}

/** Where `findProgram` looks where the environment names no program. */
export function searchedText(options: Parameters<typeof findProgram>[0]): string {
  const { env, resources } = options;
  const folders = [...(resources === undefined ? [] : [resources]), ...foldersOf(env)];
  if (folders.length === 0) return 'The PATH of the agent is empty.';
  const more = folders.length - foldersNamed;
  return `Looked in ${folders.slice(0, foldersNamed).join(', ')}${more > 0 ? ` and ${more} more` : ''}.`;
}

/** It is given tokens: rejects with `connector-unavailable` for one that another account may change. */
async function refuseForeign(file: string, env: Environment): Promise<void> {
  if (process.platform === 'win32') return;
  const { distrust } = await walkTrusted(file, { groups: 'allowed', env, home: '' });
  if (distrust !== undefined)
    throw unavailable(`${file} is not run, ${distrustReason(distrust)}.`, {
      hint: `${distrust.fix}, then try again.`,
    });
}

/** What a connector says that cannot work here. */
export function unavailable(message: string, options: { readonly hint: string }): AppError {
  return new AppError('connector-unavailable', message, options);
}

async function isExecutable(file: string): Promise<boolean> {
  return access(file, constants.X_OK).then(
    () => path.isAbsolute(file),
    () => false,
  );
}

async function versionOf(file: string, env: Environment): Promise<string | undefined> {
  const end = await runProgram({
    command: file,
    args: ['version'],
    // Without it no program of Go opens a socket on Windows.
    env: process.platform === 'win32' ? { SystemRoot: env.SystemRoot } : {},
    limitMs: versionTimeoutMs,
  });
  const stdout = end.kind === 'ended' && end.exitCode === 0 ? end.stdout : '';
  if (!stdout.startsWith('cloudflared version '))
    throw unavailable(`${file} does not run as cloudflared.`, {
      hint: `Run \`${file} version\` to see why, or install cloudflared anew.`,
    });
  const version = /^cloudflared version (\d+\.\d+\.\d+)/.exec(stdout)?.[1];
  const bad = version === undefined ? undefined : refused.find(({ before }) => isOlder(version, before));
  if (bad !== undefined)
    throw unavailable(`${file} is cloudflared ${version}, which is not used: ${bad.because}.`, {
      hint: `Install cloudflared ${bad.before} or later.`,
    });
  return version;
}

function isOlder(version: string, than: string): boolean {
  const [a, b] = [version, than].map((text) => text.split('.').map(Number));
  const at = (a ?? []).findIndex((part, index) => part !== b?.[index]);
  return at >= 0 && (a?.[at] ?? 0) < (b?.[at] ?? 0);
}
