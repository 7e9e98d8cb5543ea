import path from 'node:path';
import { AppError, toPlainError } from '../../../model/app-error.ts';
import type { Cluster, TagProblem } from '../../../model/cluster.ts';
import { defaultTagPrefix } from '../../../model/tag-prefix.ts';
import { taggedCluster } from '../../catalog/tagged-cluster.ts';
import type { KubeconfigContext } from '../../cluster-fields/kubeconfig-context.ts';
import { oidcSource, readOidcUser } from '../../cluster-fields/oidc.ts';
import { pemFrom } from '../../cluster-fields/pem.ts';
import type { Clock, Environment } from '../../parts.ts';
import { type Distrust, distrustReason } from '../../storage/trusted-file.ts';
import type { DiscoverySource } from '../discovery-source.ts';
import { reportGone } from '../gone.ts';
import {
  distrusted,
  type FileCluster,
  type FileParts,
  needsTrust,
  pathIn,
  readClusterFile,
  readContextOf,
  readText,
} from './cluster-file.ts';

/** The only region of a file. */
const region = '/';

/**
 * Clusters in lists written by hand: kind, k3s, a lab, anything that no cloud lists. `files` is the setting: each a
 * YAML list, absolute, below `~/`, or in the settings folder. A cell is a file, read again by each run.
 */
export function createFileSource(options: {
  readonly files: readonly string[];
  /** The settings folder. */
  readonly folder: string;
  readonly home: string;
  readonly env: Environment;
  readonly clock: Clock;
  /** Rejects if a file may not be read: one that the organisation names must be in its folder. */
  readonly check?: ((file: string) => Promise<void>) | undefined;
}): DiscoverySource {
  const { folder, home, env, clock, check } = options;
  const parts = { env, home };
  const files = new Set(options.files.map((file) => pathIn(folder, home, file)));
  return {
    source: 'file',
    async discover(run) {
      run.onPlanned(files.size);
      await Promise.all(
        [...files].map(async (file) => {
          const cell = { source: 'file', account: file, region } as const;
          const outcome = await Promise.resolve(check?.(file))
            .then(() => readClusterFile(file, parts))
            .then(({ clusters, distrust }) =>
              Promise.all(
                clusters.map((entry) =>
                  clusterFrom({ entry, file, distrust, parts, clock, tagPrefix: run.tagPrefix }),
                ),
              ),
            )
            .then(
              (clusters) => ({ kind: 'listed', clusters }) as const,
              (error: unknown) => ({ kind: 'failed', error: toPlainError(error) }) as const,
            );
          run.signal.throwIfAborted();
          run.onCell({ cell, outcome });
        }),
      );
      reportGone(run, ({ account }) => !files.has(account));
    },
  };
}

async function clusterFrom(options: {
  readonly entry: FileCluster;
  readonly file: string;
  readonly distrust: Distrust | undefined;
  readonly parts: FileParts;
  readonly clock: Clock;
  readonly tagPrefix: string | undefined;
}): Promise<Cluster> {
  const { entry, file, distrust, parts, clock, tagPrefix = defaultTagPrefix } = options;
  const { home } = parts;
  const { name, tags, user } = entry;
  // Listed anyway, but nothing that the list names is read or run.
  const isRefused = distrust !== undefined && needsTrust(user);
  const folder = path.dirname(file);
  const problems: TagProblem[] = [];
  const orProblem = async <T>(key: string, reading: Promise<T>): Promise<T | undefined> => {
    try {
      return await reading;
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      problems.push({ key, message: error.message, hint: error.hint ?? 'Correct the file.' });
      return undefined;
    }
  };
  const refuse = (by: Distrust) => {
    const { message, hint = '' } = distrusted(`${name} in ${file}`, by);
    problems.push({ key: 'user', message, hint });
  };
  if (isRefused) refuse(distrust);
  const { kubeconfig } = isRefused ? {} : (user ?? {});
  const from =
    kubeconfig === undefined
      ? undefined
      : {
          folder: path.dirname(pathIn(folder, home, kubeconfig.file)),
          context: await orProblem(
            'user.kubeconfig',
            readContextOf(pathIn(folder, home, kubeconfig.file), kubeconfig.context, parts),
          ),
        };
  if (from?.context?.distrust !== undefined) refuse(from.context.distrust);
  // The list's own value takes precedence.
  const own = entry['certificate-authority'] ?? entry['certificate-authority-data'];
  const authority =
    own !== undefined
      ? { folder, file: entry['certificate-authority'], data: entry['certificate-authority-data'], distrust }
      : {
          folder: from?.folder ?? folder,
          file: from?.context?.cluster['certificate-authority'],
          data: from?.context?.cluster['certificate-authority-data'],
          distrust: from?.context?.distrust,
        };
  const readAuthority = async (named: string) => {
    if (authority.distrust !== undefined) {
      throw new AppError(
        'file-invalid',
        `The certificate-authority of ${name} in ${file} is not read, ${distrustReason(authority.distrust)}.`,
        { hint: `${authority.distrust.fix}, then try again.` },
      );
    }
    return readText(pathIn(authority.folder, home, named));
  };
  const text =
    authority.file === undefined
      ? authority.data
      : await orProblem('certificate-authority', readAuthority(authority.file));
  const pem = text === undefined ? undefined : pemFrom(text);
  if (text !== undefined && pem === undefined) {
    problems.push({
      key: 'certificate-authority',
      message: `The certificate-authority of ${name} is not a PEM certificate.`,
      hint: 'Give the file of the PEM, or the PEM or its base64 as certificate-authority-data.',
    });
  }
  const oidc =
    isRefused || from?.context?.distrust !== undefined ? undefined : oidcOf(user, from?.context?.user);
  // If there is a plugin, ignore the problem: the plugin handles the login.
  if (oidc?.kind === 'broken' && (user?.exec ?? from?.context?.user.exec) === undefined)
    problems.push(...oidc.problems);
  const server = entry.server ?? from?.context?.cluster.server;
  const serverName = from?.context?.cluster['tls-server-name'];
  return taggedCluster({
    source: 'file',
    account: file,
    region,
    name,
    tags: Object.fromEntries(Object.entries(tags).map(([field, value]) => [`${tagPrefix}${field}`, value])),
    tagPrefix,
    serverName,
    server: server?.replace(/\/$/, ''),
    unreachable: server === undefined ? `${file} has no server for ${name}.` : undefined,
    certificateAuthorityData: pem === undefined ? undefined : Buffer.from(pem).toString('base64'),
    credential:
      oidc?.kind === 'read'
        ? oidc.source
        : user === undefined
          ? undefined
          : { kind: 'file', file, cluster: name },
    problems,
    seenAt: clock.now(),
  });
}

/** Returns the OIDC login that the list or the user of a kubeconfig names. */
function oidcOf(user: FileCluster['user'], inKubeconfig: KubeconfigContext['user'] | undefined) {
  const { 'oidc-issuer-url': issuer, 'oidc-client-id': clientId, ...more } = user ?? {};
  if (issuer !== undefined && clientId !== undefined) {
    const source = oidcSource({ ...more, 'oidc-issuer-url': issuer, 'oidc-client-id': clientId });
    return { kind: 'read', source } as const;
  }
  if (user?.exec !== undefined) return readOidcUser(user);
  const {
    token,
    tokenFile,
    'client-certificate': file,
    'client-certificate-data': data,
  } = inKubeconfig ?? {};
  // As in kubectl, these take precedence.
  return inKubeconfig === undefined || (token ?? tokenFile ?? file ?? data) !== undefined
    ? undefined
    : readOidcUser(inKubeconfig);
}
