import { AppError, toPlainError } from '../../../model/app-error.ts';
import { type Cluster, clusterId, type TagProblem } from '../../../model/cluster.ts';
import { defaultTagPrefix } from '../../../model/tag-prefix.ts';
import { taggedCluster } from '../../catalog/tagged-cluster.ts';
import { pemFrom } from '../../cluster-fields/pem.ts';
import type { CellOutcome } from '../discovery-source.ts';
import type { Mount } from './mount.ts';
import { heldCredential, type SecretData, secretFrom } from './secret.ts';

/** Reads the clusters of one folder, whose secrets are `names`. */
export async function readSecrets(
  mount: Mount,
  folder: string,
  names: readonly string[],
): Promise<CellOutcome> {
  const results = await Promise.allSettled(names.map((name) => readCluster({ mount, folder, name })));
  const clusters = results.flatMap((result) => (result.status === 'fulfilled' ? (result.value ?? []) : []));
  const broken = results.find((result) => result.status === 'rejected');
  return broken === undefined
    ? { kind: 'listed', clusters }
    : { kind: 'failed', error: toPlainError(broken.reason), clusters };
}

/** Returns undefined if the secret is deleted, or does not describe a cluster. */
async function readCluster(options: {
  readonly mount: Mount;
  readonly folder: string;
  readonly name: string;
}): Promise<Cluster | undefined> {
  const { mount, folder, name } = options;
  const region = folder === '' ? '/' : folder;
  const path = folder === '' ? name : `${folder}/${name}`;
  const { tagPrefix = defaultTagPrefix } = mount.run;
  const reading = { source: 'vault', account: mount.account, region, name, tagPrefix } as const;
  let answer: unknown;
  try {
    answer = await mount.read(path);
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'vault-denied') throw error;
    // A denial for this secret does not affect the others in the folder.
    const id = clusterId('vault', mount.account, region, name);
    const known = mount.run.known.find((cluster) => cluster.id === id);
    if (known !== undefined) return { ...known, stale: true };
    const unreachable = `${error.message} ${error.hint ?? ''}`.trim();
    return taggedCluster({ ...reading, tags: {}, unreachable, unread: true, seenAt: mount.now() });
  }
  const secret = secretFrom(mount.at.version, answer, tagPrefix);
  if (secret === undefined) return undefined;
  const { data, tags } = secret;
  if (
    data.server === undefined &&
    !data.brokenKubeconfig &&
    !Object.keys(tags).some((key) => key.toLowerCase().startsWith(tagPrefix))
  ) {
    return undefined;
  }
  const server = serverFrom(data, path);
  const authority = authorityFrom(data);
  const holds = heldCredential(data);
  const { oidc } = data;
  return taggedCluster({
    ...reading,
    tags,
    serverName: data['tls-server-name'],
    server: 'server' in server ? server.server : undefined,
    unreachable: 'reason' in server ? server.reason : undefined,
    certificateAuthorityData: 'data' in authority ? authority.data : undefined,
    problems: [
      ...('problem' in authority ? [authority.problem] : []),
      ...(data.brokenKubeconfig ? [brokenKubeconfig] : []),
      ...(oidc?.kind === 'broken' ? oidc.problems : []),
    ],
    credential:
      holds === undefined
        ? oidc?.kind === 'read'
          ? oidc.source
          : undefined
        : {
            kind: 'vault',
            address: mount.address.href.replace(/\/$/, ''),
            ...(mount.namespace === undefined ? {} : { namespace: mount.namespace }),
            version: mount.at.version,
            mount: mount.at.mount,
            path: [mount.at.folder, path].filter(Boolean).join('/'),
            holds,
          },
    seenAt: mount.now(),
  });
}

const brokenKubeconfig: TagProblem = {
  key: 'kubeconfig',
  message: 'kubeconfig of the secret is not a valid kubeconfig with a current context.',
  hint: 'Store the kubeconfig that reaches the cluster, with its current-context set.',
};

function serverFrom(
  data: SecretData,
  path: string,
): { readonly server: string } | { readonly reason: string } {
  const url = URL.canParse(data.server ?? '') ? new URL(data.server ?? '') : undefined;
  if (url?.protocol === 'https:' && url.username === '' && url.password === '') {
    return { server: url.href.replace(/\/$/, '') };
  }
  return {
    reason: `The secret ${path} has no usable \`server\`. Set it to the https:// address of the cluster's API server.`,
  };
}

function authorityFrom(
  data: SecretData,
): { readonly data: string | undefined } | { readonly problem: TagProblem } {
  const value = data['certificate-authority-data'];
  if (value === undefined) return { data: undefined };
  const pem = pemFrom(value);
  if (pem !== undefined) return { data: Buffer.from(pem).toString('base64') };
  return {
    problem: {
      key: 'certificate-authority-data',
      message: 'certificate-authority-data of the secret is not a PEM certificate.',
      hint: "Store the PEM of the cluster's CA certificate, or its base64.",
    },
  };
}
