import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

const execute = promisify(execFile);

/** How long all tools together may take: a slow registry must not hold up a run for an hour. What was fetched stays. */
const minutes = Number(process.env.K8S_TUNNELS_TOOLS_MINUTES ?? 10);
const begun = Date.now();

/** Explains why a tool is not here: a program that it needs is missing, or a registry does not serve it. */
export class NoTool extends Error {
  override readonly name = 'NoTool';
}

/** Runs a program to its end and resolves with its output. Rejects with `NoTool` and its last words where it fails. */
export async function run(
  program: string,
  args: readonly string[],
  options: { readonly cwd?: string; readonly env?: Readonly<Record<string, string>> } = {},
): Promise<string> {
  try {
    const env = { ...process.env, ...options.env };
    const timeout = Math.max(1_000, begun + minutes * 60_000 - Date.now());
    const { stdout } = await execute(program, args, { ...options, env, timeout, maxBuffer: 64 << 20 });
    return stdout;
  } catch (error) {
    const {
      code,
      killed,
      stderr = '',
    } = error as {
      readonly code?: unknown;
      readonly killed?: boolean;
      readonly stderr?: string;
    };
    if (code === 'ENOENT') throw new NoTool(`${program} is not installed`);
    if (killed === true)
      throw new NoTool(`${program} was not done after ${minutes} minutes (K8S_TUNNELS_TOOLS_MINUTES)`);
    const words = stderr.trim().split('\n').slice(-5).join(' ');
    throw new NoTool(`${program} ${args.slice(0, 4).join(' ')} failed: ${words || String(error)}`);
  }
}

/** Throws where a file is not the one with this checksum: base64 of SHA-512, as npm has it, or hex of SHA-256. */
export async function check(
  file: string,
  sum: { readonly sha512: string } | { readonly sha256: string },
): Promise<void> {
  const [algorithm, encoding, wanted] =
    'sha512' in sum ? (['sha512', 'base64', sum.sha512] as const) : (['sha256', 'hex', sum.sha256] as const);
  const found = createHash(algorithm)
    .update(await readFile(file))
    .digest(encoding);
  if (found !== wanted) throw new Error(`${file} has another checksum: ${algorithm} ${found}`);
}

/** A short name of contents, for the folder of what was made from them. */
export function keyOf(...contents: readonly (string | Buffer)[]): string {
  const hash = createHash('sha256');
  for (const content of contents) hash.update(content).update('\0');
  return hash.digest('hex').slice(0, 12);
}
