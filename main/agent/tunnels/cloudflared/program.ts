import { access, constants } from 'node:fs/promises';
import path from 'node:path';
import { AppError } from '../../../model/app-error.ts';
import type { Environment } from '../../parts.ts';
import { runProgram } from '../../processes/run-program.ts';
import { distrustReason, walkTrusted } from '../../storage/trusted-file.ts';

/** Versions that are not used, and the reason. */
const refused: readonly { readonly before: string; readonly because: string }[] = [
  // From its release notes: "AUTH-5682 Org token flow in Access logins should pass CF_AppSession cookie".
  {
    before: '2024.1.0',
    because: 'it cannot renew a token without a browser',
  },
];

const versionTimeoutMs = 10_000;
/** How many folders of PATH an error names. */
const foldersNamed = 8;

export interface Program {
  readonly path: string;
  /** `YYYY.M.P`. Undefined for a custom build. */
  readonly version: string | undefined;
}

/**
 * Finds the first of: the one in the package, the one that `K8S_TUNNELS_CLOUDFLARED` names, `cloudflared` in PATH.
 * Resolves with undefined if there is none. Rejects with `connector-unavailable` if the named one does not exist, or if
 * the found one does not run or is a version that is known not to work.
 */
export async function findProgram(options: {
  readonly env: Environment;
  /** The package's folder of programs. Undefined when running from source. */
  readonly resources: string | undefined;
}): Promise<Program | undefined> {
  const { env, resources } = options;
  const named = env.K8S_TUNNELS_CLOUDFLARED ?? '';
  const inPackage = resources === undefined ? [] : [path.join(resources, name)];
  const folders = foldersOf(env);
  const candidates = [
    ...inPackage,
    ...(named === '' ? folders.map((folder) => path.join(folder, name)) : [named]),
  ];
  for (const candidate of candidates)
    if (await isExecutable(candidate)) {
      await refuseForeign(candidate, env);
      return { path: candidate, version: await versionOf(candidate, env) };
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

/** Says where `findProgram` searches if the environment names no program. */
export function searchedText(options: Parameters<typeof findProgram>[0]): string {
  const { env, resources } = options;
  const folders = [...(resources === undefined ? [] : [resources]), ...foldersOf(env)];
  if (folders.length === 0) return 'The PATH of the agent is empty.';
  const more = folders.length - foldersNamed;
  return `Looked in ${folders.slice(0, foldersNamed).join(', ')}${more > 0 ? ` and ${more} more` : ''}.`;
}

/** Rejects with `connector-unavailable` for a program that another account may change: it receives tokens. */
async function refuseForeign(file: string, env: Environment): Promise<void> {
  if (process.platform === 'win32') return;
  const { distrust } = await walkTrusted(file, { groups: 'allowed', env, home: '' });
  if (distrust !== undefined)
    throw unavailable(`${file} is not run, ${distrustReason(distrust)}.`, {
      hint: `${distrust.fix}, then try again.`,
    });
}

/** Creates the error for a connector that cannot work here. */
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
    // Without it no Go program can open a socket on Windows.
    env: process.platform === 'win32' ? { SystemRoot: env.SystemRoot } : {},
    limitMs: versionTimeoutMs,
  });
  const stdout = end.kind === 'ended' && end.exitCode === 0 ? end.stdout : '';
  if (!stdout.startsWith('cloudflared version '))
    throw unavailable(`${file} does not run as cloudflared.`, {
      hint: `Run \`${file} version\` to see why, or reinstall cloudflared.`,
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
