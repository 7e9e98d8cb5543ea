import path from 'node:path';
import { AppError } from '../../../model/app-error.ts';
import type { CredentialSource } from '../../../model/cluster.ts';
import type { KubeconfigContext } from '../../cluster-fields/kubeconfig-context.ts';
import { pemFrom } from '../../cluster-fields/pem.ts';
import type { Credential, CredentialProviderOf } from '../credential-provider.ts';
import {
  distrusted,
  type FileParts,
  needsTrust,
  pathIn,
  readClusterFile,
  readContextOf,
  readText,
} from './cluster-file.ts';
import { runExecPlugin } from './exec-plugin.ts';

/** Files and plugins do not tell whose credential they give, so it is read each time. */
export function fileCredentials(parts: FileParts): CredentialProviderOf<'file'> {
  return {
    kind: 'file',
    prepare: async ({ source }) => ({ identity: undefined, make: () => fileCredential(parts, source) }),
  };
}

/**
 * Reads the current credential that a cluster list leads to, unless another account can write the list: programs that
 * the list and its kubeconfig name are run, and credentials are sent to servers that they name. Rejects with
 * `file-unreadable`, `file-invalid`, or `credential-failed` if the cluster is no longer in the list or its entry gives
 * no credential.
 */
export async function fileCredential(
  { env, home }: FileParts,
  source: Extract<CredentialSource, { kind: 'file' }>,
): Promise<Credential> {
  const parts = { env, home };
  const { clusters, distrust } = await readClusterFile(source.file, parts);
  const entry = clusters.find(({ name }) => name === source.cluster);
  const title = `${source.cluster} in ${source.file}`;
  if (entry?.user === undefined) {
    throw new AppError('credential-failed', `There is no user of ${title} any more.`, {
      hint: 'Run `k8s-tunnels discover`, or add its user to the list again.',
    });
  }
  if (distrust !== undefined && needsTrust(entry.user)) throw distrusted(title, distrust);
  const folder = path.dirname(source.file);
  const { kubeconfig, exec } = entry.user;
  if (kubeconfig !== undefined) {
    const file = pathIn(folder, home, kubeconfig.file);
    const context = await readContextOf(file, kubeconfig.context, parts);
    if (context.distrust !== undefined) throw distrusted(title, context.distrust);
    return userCredential({ user: context.user, folder: path.dirname(file), parts, title });
  }
  const user = {
    exec,
    tokenFile: entry.user['token-file'],
    'client-certificate': entry.user['client-certificate'],
    'client-key': entry.user['client-key'],
  };
  return userCredential({ user, folder, parts, title });
}

/** In kubectl's order: a token, a certificate, a plugin. */
async function userCredential(options: {
  readonly user: Partial<KubeconfigContext['user']>;
  /** The folder for relative paths. */
  readonly folder: string;
  readonly parts: FileParts;
  readonly title: string;
}): Promise<Credential> {
  const { user, folder, parts, title } = options;
  const read = async (file: string | undefined) =>
    file === undefined ? undefined : readText(pathIn(folder, parts.home, file));
  const token = (await read(user.tokenFile))?.trim() || user.token;
  if (token !== undefined) return { kind: 'token', token, expiresAt: undefined };
  const certificate = pemFrom(
    user['client-certificate-data'] ?? (await read(user['client-certificate'])) ?? '',
  );
  const key = pemFrom(user['client-key-data'] ?? (await read(user['client-key'])) ?? '');
  if (certificate !== undefined && key !== undefined) {
    return { kind: 'client-certificate', certificate, key, expiresAt: undefined };
  }
  if (user.exec !== undefined) return runExecPlugin({ plugin: user.exec, cwd: folder, ...parts, title });
  throw new AppError(
    'credential-failed',
    `The user of ${title} has no token, client certificate or exec plugin.`,
    {
      hint: 'Add one of them to the entry.',
    },
  );
}
