import type { Cell } from '../../main/agent/catalog/cluster.ts';
import { text } from '../text/text.ts';

/** `EKS · 444455556666 · eu-west-1`: where a cluster or a place of discovery is. */
export function whereWords({ source, account, region }: Pick<Cell, 'source' | 'account' | 'region'>): string {
  return joined([text.sources[source], account, region]);
}

/** `EKS · 444455556666`: what clusters are grouped by. */
export function accountWords({ source, account }: Pick<Cell, 'source' | 'account'>): string {
  return joined([text.sources[source], account]);
}

function joined(parts: readonly string[]): string {
  return parts.filter((part) => part !== '' && part !== '/' && part !== '*').join(' · ');
}
