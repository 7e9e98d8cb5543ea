import type { ClusterId } from '../../model/cluster.ts';
import type { LocalProxy } from '../../model/local-proxy.ts';
import { listed } from '../../model/wording.ts';
import type { ClusterProxy } from './cluster-proxy.ts';
import type { Grant } from './grants.ts';

/** Returns what to do after a port has moved, if separate kubeconfigs name it. A container's socket leads to the new one. */
export function movedNotice(
  title: string,
  { from, to }: { readonly from: number; readonly to: number },
  grants: readonly Grant[],
): string | undefined {
  const files = new Set(
    grants.flatMap(({ file, socket }) => (file === undefined || socket !== undefined ? [] : file)),
  );
  if (files.size === 0) return undefined;
  return `Port ${from} of ${title} is in use by another program: its local TLS proxy listens on ${to} now. Write these kubeconfigs again: ${listed([...files])}.`;
}

/** Returns the local TLS proxies as shells see them. */
export function localProxiesOf(options: {
  readonly proxies: ReadonlyMap<ClusterId, Pick<ClusterProxy, 'listener'>>;
  /** The valid ones. */
  readonly grants: readonly Grant[];
  readonly portOf: (id: ClusterId) => number;
}): readonly LocalProxy[] {
  const { proxies, grants, portOf } = options;
  return [...proxies].flatMap(([cluster, { listener }]) => {
    const traffic = listener.traffic();
    if (traffic === undefined) return [];
    const files = new Map<string, LocalProxy['files'][number]>();
    for (const { cluster: of, file, socket, limits, until } of grants)
      if (of === cluster && file !== undefined)
        files.set(file, {
          ...{ file, until },
          ...(socket === undefined ? {} : { container: true }),
          ...(limits === undefined ? {} : { readOnly: limits }),
        });
    return [{ cluster, port: portOf(cluster), ...traffic, files: [...files.values()] }];
  });
}
