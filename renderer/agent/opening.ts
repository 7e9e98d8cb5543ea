import type { Meant } from '../../main/api/link.ts';
import type { Cluster, ClusterId } from '../../main/model/cluster.ts';
import { isProduction } from '../../main/model/is-production.ts';
import type { Policy } from '../../main/model/policy.ts';
import { locationOf } from '../text/location.ts';
import { agentText } from './text.ts';

/** A line of the preview. */
export interface OpeningLine {
  readonly key: string;
  readonly title: string;
  readonly where?: string;
  readonly cluster?: Cluster;
  /** Why it is not connected. */
  readonly why?: string | undefined;
}

export function openingLines(
  meant: readonly Meant[],
  facts: {
    readonly open: ReadonlySet<ClusterId>;
    readonly policies: ReadonlyMap<string, Policy>;
  },
): readonly OpeningLine[] {
  return meant.map((one) => {
    if (one.kind === 'unknown') return { key: `? ${one.word}`, title: one.word, why: one.why };
    const { cluster } = one;
    const { environment } = cluster;
    const where = [...(environment === undefined ? [] : [environment]), locationOf(cluster)].join(' · ');
    return { key: cluster.id, title: cluster.title, where, cluster, why: whyLeft(cluster, facts) };
  });
}

/** Returns what confirming connects, and the titles of its production clusters. */
export function openingPlan(lines: readonly OpeningLine[]): {
  readonly ids: readonly ClusterId[];
  readonly production: readonly string[];
} {
  const some = lines.flatMap(({ cluster, why }) =>
    cluster !== undefined && why === undefined ? cluster : [],
  );
  return { ids: some.map(({ id }) => id), production: some.filter(isProduction).map(({ title }) => title) };
}

function whyLeft(
  { id, reach }: Cluster,
  { open, policies }: Parameters<typeof openingLines>[1],
): string | undefined {
  if (open.has(id)) return agentText.connected;
  if (reach.kind === 'none') return reach.reason;
  const policy = reach.kind === 'tunnel' ? policies.get(reach.hostname) : undefined;
  return policy?.verdict === 'denied' ? policy.message : undefined;
}
