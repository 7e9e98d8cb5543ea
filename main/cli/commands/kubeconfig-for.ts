import { rm } from 'node:fs/promises';
import path from 'node:path';
import { loopbackProxy } from '../../agent/network/proxy/loopback.ts';
import { pathsFrom } from '../../agent/paths.ts';
import { writeFileAtomic } from '../../agent/storage/write-file-atomic.ts';
import { command } from '../../model/command.ts';
import type { ReadOnly } from '../../model/read-only.ts';
import { separateMark } from '../../model/separate-mark.ts';
import { minutesFrom } from '../duration.ts';
import { exitCodes } from '../exit-codes.ts';
import { writeJson } from '../json-document.ts';
import { relayText } from '../program-file.ts';
import { olderAgent, readOnlyText } from '../read-only-flags.ts';
import { writeAside, writeLines } from '../report.ts';
import { containerFiles, isSeparateFile, refuseForeignFile, refuseForeignFolder } from '../separate-file.ts';
import type { Session } from '../session.ts';
import { span } from '../span.ts';
import { printable, warningLine } from '../terminal.ts';

/** How a program is given its file. */
const uses: Readonly<Record<string, (file: string) => string>> = {
  python: (file) => `kubernetes.config.load_kube_config(${JSON.stringify(file)})`,
  java: (file) => command`KUBECONFIG=${file}`,
  js: (file) => `kubeConfig.loadFromFile(${JSON.stringify(file)})`,
  rust: (file) => command`KUBECONFIG=${file}`,
  ansible: (file) => command`K8S_AUTH_KUBECONFIG=${file}`,
};

/** Where the examples mount the folder of a container. */
const mounted = '/k8s-tunnels';

interface FileFlags {
  /** A program of `uses`, the path of a file, or the folder of a container. */
  readonly target: string;
  readonly isContainers: boolean;
  readonly readOnly: ReadOnly | undefined;
  readonly expires: string | undefined;
}

/** Writes a kubeconfig for one program or container, beside the user's, and prints how to use it. */
export async function runKubeconfigFor(
  session: Session,
  clusters: readonly string[],
  { target, isContainers, readOnly, expires }: FileFlags,
): Promise<number> {
  const { client, json, progress } = session;
  const minutes = expires === undefined ? undefined : minutesFrom(expires, '--expires');
  const use = isContainers ? undefined : uses[target];
  const file = isContainers
    ? path.resolve(target, containerFiles.kubeconfig)
    : use === undefined
      ? path.resolve(target)
      : path.join(pathsFrom(process.env).state, 'kubeconfigs', `${target}.yaml`);
  progress.update('Writing the kubeconfig');
  const folder = path.dirname(file);
  await (isContainers ? refuseForeignFolder(folder) : refuseForeignFile(file));
  const { kubeconfig, ...rest } = await client.call('kubeconfig-file', {
    clusters: [...clusters],
    file,
    ...(isContainers ? { container: true } : {}),
    ...(readOnly === undefined ? {} : { readOnly }),
    ...(minutes === undefined ? {} : { minutes }),
  });
  if (readOnly !== undefined && rest.readOnly === undefined) throw olderAgent();
  await writeFileAtomic(file, `${separateMark}${kubeconfig}`);
  if (isContainers) {
    await writeFileAtomic(path.join(folder, containerFiles.relay), await relayText());
    // It may be in a work tree.
    await writeFileAtomic(path.join(folder, containerFiles.ignore), '*\n');
  }
  const { startAtLogin } = await client.call('settings-get', {});
  progress.end();
  if (json) {
    writeJson({ file, ...rest });
    return exitCodes.ok;
  }
  const names = rest.clusters.map(({ context }) => printable(context)).join(', ');
  const ending = command`k8s-tunnels kubeconfig end ${isContainers ? folder : file}`;
  writeLines([
    `✓ ${printable(file)}  ${names}`,
    ...(isContainers
      ? containerLines(folder)
      : [`  Use it: ${printable(use?.(file) ?? command`KUBECONFIG=${file}`)}`]),
    ...(readOnly === undefined ? [] : [`  ${readOnlyText(readOnly)}`]),
    `  It ends in about ${span(rest.until - Date.now())}, when you sign out, or with ${printable(ending)}.`,
    `  It works while the agent runs${startAtLogin ? '' : ': after a restart of this computer, run k8s-tunnels status'}.`,
  ]);
  if (!isContainers) writeAside(proxyWarnings(process.env).map(warningLine));
  return exitCodes.ok;
}

/** Ends what a separate kubeconfig opens, and removes it: a file, or the folder of a container. */
export async function runKubeconfigEnd(session: Session, named: string): Promise<number> {
  const { client, json, progress } = session;
  const folder = path.resolve(named);
  const inFolder = path.join(folder, containerFiles.kubeconfig);
  const isFolder = (await isSeparateFile(inFolder)) !== 'missing';
  const file = isFolder ? inFolder : folder;
  progress.update('Ending the kubeconfig');
  const result = await client.call('kubeconfig-file-end', { file });
  const names = isFolder ? Object.values(containerFiles).map((name) => path.join(folder, name)) : [file];
  if ((await isSeparateFile(file)) === true) for (const name of names) await rm(name, { force: true });
  progress.end();
  if (json) writeJson(result);
  else
    writeLines([
      `Ended: ${printable(file)}  ${result.ended.map(({ title }) => printable(title)).join(', ')}`,
    ]);
  return exitCodes.ok;
}

function containerLines(folder: string): readonly string[] {
  // Containers run in a virtual machine there, into which no socket leads.
  const host = process.platform === 'linux' ? '' : ' --host host.docker.internal';
  return [
    `  Mount it: ${printable(command`docker run -v ${`${folder}:${mounted}`} -e KUBECONFIG=${mounted}/kubeconfig`)} IMAGE`,
    `  In the container, run once: node ${mounted}/relay.cjs${host} &`,
  ];
}

/** Many clients send a request for 127.0.0.1 to the proxy of the environment as well. */
function proxyWarnings(env: NodeJS.ProcessEnv): readonly string[] {
  const variable = loopbackProxy(env, 443);
  if (variable === undefined) return [];
  return [
    `${variable} is set, and NO_PROXY does not name 127.0.0.1: some programs will not reach the cluster. Add it.`,
  ];
}
