import type { Cluster } from '../../main/model/cluster.ts';
import { DocsLink } from '../controls/docs-link.tsx';
import { detailText } from './text.ts';

/** Whom to ask about a cluster and where to read, as far as its tags say. */
export function WhomToAsk({ cluster: { owner, docs } }: { readonly cluster: Cluster }) {
  if (owner === undefined && docs === undefined) return null;
  return (
    <p className="for">
      {owner !== undefined && `${detailText.askOwner(owner)} `}
      {docs !== undefined && <DocsLink docs={docs} />}
    </p>
  );
}
