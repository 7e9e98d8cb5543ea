import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { pathsFrom } from '../../agent/paths.ts';
import { writeFileAtomic } from '../../agent/storage/write-file-atomic.ts';
import { AppError, errnoOf } from '../../model/app-error.ts';
import { command } from '../../model/command.ts';
import type { ReadOnly } from '../../model/read-only.ts';
import { minutesFrom } from '../duration.ts';
import { exitCodes } from '../exit-codes.ts';
import { olderAgent, readOnlyText } from '../read-only-flags.ts';
import { writeAside, writeJson, writeLines } from '../report.ts';
import type { Session } from '../session.ts';
import { span } from '../span.ts';
import { printable, warningLine } from '../terminal.ts';

/** The first line of our files: no other file is overwritten. */
const mark = '# Written by k8s-tunnels for one program. It holds a secret.\n';

/** How a program is given its file. */
const uses: Readonly<Record<string, (file: string) => string>> = {
  python: (file) => `kubernetes.config.load_kube_config(${JSON.stringify(file)})`,
  java: (file) => command`KUBECONFIG=${file}`,
  js: (file) => `kubeConfig.loadFromFile(${JSON.stringify(file)})`,
  rust: (file) => command`KUBECONFIG=${file}`,
  ansible: (file) => command`K8S_AUTH_KUBECONFIG=${file}`,
};

interface FileFlags {
  /** A program of `uses`, or the path of a file. */
  readonly program: string;
  readonly readOnly: ReadOnly | undefined;
  readonly expires: string | undefined;
}

/** Writes a kubeconfig for one program, beside the user's, and prints how to use it. */
export async function runKubeconfigFor(
  session: Session,
  clusters: readonly string[],
  { program, readOnly, expires }: FileFlags,
): Promise<number> {
  const { client, json, progress } = session;
  const minutes = expires === undefined ? undefined : minutesFrom(expires, '--expires');
  const use = uses[program];
  const file =
    use === undefined
      ? path.resolve(program)
      : path.join(pathsFrom(process.env).state, 'kubeconfigs', `${program}.yaml`);
  await refuseForeign(file);
  progress.update('Writing the kubeconfig');
  const { kubeconfig, ...rest } = await client.call('kubeconfig-file', {
    clusters: [...clusters],
    ...(readOnly === undefined ? {} : { readOnly }),
    ...(minutes === undefined ? {} : { minutes }),
  });
  if (readOnly !== undefined && rest.readOnly === undefined) throw olderAgent();
  await writeFileAtomic(file, `${mark}${kubeconfig}`);
  progress.end();
  if (json) writeJson({ file, ...rest });
  else {
    const names = rest.clusters.map(({ context }) => printable(context)).join(', ');
    writeLines([
      `✓ ${printable(file)}  ${names}`,
      `  Use it: ${printable(use?.(file) ?? command`KUBECONFIG=${file}`)}`,
      ...(readOnly === undefined ? [] : [`  ${readOnlyText(readOnly)}`]),
      `  It ends in about ${span(rest.until - Date.now())}, when you sign out, or when you remove the cluster. It works while the agent runs.`,
    ]);
    writeAside(proxyWarnings(process.env).map(warningLine));
  }
  return exitCodes.ok;
}

/** Rejects if the file exists and is not one of ours. */
async function refuseForeign(file: string): Promise<void> {
  try {
    if ((await readFile(file, 'utf8')).startsWith(mark)) return;
  } catch (cause) {
    if (errnoOf(cause) === 'ENOENT') return;
    throw new AppError('file-unreadable', `${file} cannot be read (${errnoOf(cause) ?? 'unknown error'}).`, {
      hint: 'Name another file.',
      cause,
    });
  }
  throw new AppError('bad-input', `${file} exists, and k8s-tunnels has not written it.`, {
    hint: 'Name a new file, or remove that one first.',
  });
}

/** Many clients send a request for 127.0.0.1 to the proxy of the environment as well. */
function proxyWarnings(env: NodeJS.ProcessEnv): readonly string[] {
  const proxy = env.HTTPS_PROXY ?? env.https_proxy ?? '';
  const except = (env.NO_PROXY ?? env.no_proxy ?? '').split(',').map((one) => one.trim());
  if (proxy === '' || except.includes('127.0.0.1') || except.includes('*')) return [];
  return [
    'HTTPS_PROXY is set, and NO_PROXY does not name 127.0.0.1: some programs will not reach the cluster. Add it.',
  ];
}
