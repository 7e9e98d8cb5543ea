import { useMemo } from 'react';
import type { Cluster } from '../../main/model/cluster.ts';
import { contextName } from '../../main/model/context-name.ts';
import { useAgent } from '../agent/page.tsx';

/** Returns the default name of a cluster's context, which no other cluster has. */
export function useContextName(cluster: Cluster): string {
  const clusters = useAgent((agent) => agent.clusters);
  const given = useAgent((agent) => agent.givenNames);
  const template = useAgent(({ settings }) => settings.contextName);
  return useMemo(
    () => contextName(cluster, clusters.values(), { given, template }),
    [cluster, clusters, given, template],
  );
}
