import { align, type Column } from '../../main/agent/compare/align.ts';
import { fact, type WorkloadFacts } from '../../main/agent/compare/facts.ts';
import type { PlainError } from '../../main/model/app-error.ts';
import type { Cluster } from '../../main/model/cluster.ts';
import type { Comparison, Gap } from '../../main/model/comparison.ts';
import { isProduction } from '../../main/model/is-production.ts';

/** What the agent answers for clusters that a test makes up, aligned as the agent does it. */

export interface Has {
  readonly namespace?: string;
  readonly version?: string;
  readonly nodes?: number;
  readonly workloads?: readonly WorkloadFacts[];
  readonly gaps?: readonly Gap[];
  /** Nothing of it could be read. */
  readonly error?: PlainError;
}

export function aDeployment(
  name: string,
  {
    image = 'registry.acme.example/app:1.4.0',
    replicas = 3,
    restarts = 0,
  }: { readonly image?: string; readonly replicas?: number; readonly restarts?: number } = {},
): WorkloadFacts {
  return {
    kind: 'Deployment',
    name,
    facts: [
      fact('replicas', String(replicas)),
      fact('ready', `${replicas}/${replicas}`),
      fact('image', image, { container: 'app' }),
      fact('requests', 'cpu 250m, memory 256Mi', { container: 'app' }),
      fact('restarts', String(restarts)),
    ],
  };
}

export function aComparison(...all: readonly (readonly [Cluster, Has])[]): Comparison {
  return align(all.map(([cluster, has]) => columnOf(cluster, has)));
}

function columnOf(
  cluster: Cluster,
  { namespace = 'default', version = 'v1.33.1', nodes = 6, workloads = [], gaps = [], error }: Has,
): Column {
  const facts = [fact('version', version), fact('nodes', String(nodes))];
  return {
    about: {
      cluster: cluster.id,
      title: cluster.title,
      namespace,
      ...(isProduction(cluster) ? { production: true } : {}),
    },
    read: error === undefined ? { facts: { facts, workloads, gaps } } : { error },
  };
}
