import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { loopbackProxy } from '../../agent/network/proxy/loopback.ts';
import { pathsFrom } from '../../agent/paths.ts';
import { writeFileAtomic } from '../../agent/storage/write-file-atomic.ts';
import { AppError, errnoOf } from '../../model/app-error.ts';
import { command } from '../../model/command.ts';
import { exitCodes } from '../exit-codes.ts';
import { writeAside, writeJson, writeLines } from '../report.ts';
import type { Session } from '../session.ts';
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

/** Writes a kubeconfig for one program, beside the user's, and prints how to use it. */
export async function runKubeconfigFor(
  session: Session,
  clusters: readonly string[],
  program: string,
): Promise<number> {
  const { client, json, progress } = session;
  const use = uses[program];
  const file =
    use === undefined
      ? path.resolve(program)
      : path.join(pathsFrom(process.env).state, 'kubeconfigs', `${program}.yaml`);
  await refuseForeign(file);
  progress.update('Writing the kubeconfig');
  const { kubeconfig, ...rest } = await client.call('kubeconfig-file', { clusters: [...clusters] });
  await writeFileAtomic(file, `${mark}${kubeconfig}`);
  progress.end();
  if (json) writeJson({ file, ...rest });
  else {
    const hours = Math.floor((rest.until - Date.now()) / 3_600_000);
    const names = rest.clusters.map(({ context }) => printable(context)).join(', ');
    writeLines([
      `✓ ${printable(file)}  ${names}`,
      `  Use it: ${printable(use?.(file) ?? command`KUBECONFIG=${file}`)}`,
      `  It ends in about ${hours} h, when you sign out, or when you remove the cluster. It works while the agent runs.`,
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
  const variable = loopbackProxy(env, 443);
  if (variable === undefined) return [];
  return [
    `${variable} is set, and NO_PROXY does not name 127.0.0.1: some programs will not reach the cluster. Add it.`,
  ];
}
