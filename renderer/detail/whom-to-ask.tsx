import type { Cluster } from '../../main/model/cluster.ts';
import { DocsLink } from '../controls/docs-link.tsx';
import { detailText } from './text.ts';

/** Names a cluster's owner and documentation, if its tags have them. */
export function WhomToAsk({ cluster: { owner, docs } }: { readonly cluster: Cluster }) {
  if (owner === undefined && docs === undefined) return null;
  return (
    <p className="for">
      {owner !== undefined && `${detailText.askOwner(owner)} `}
      {docs !== undefined && <DocsLink docs={docs} />}
    </p>
  );
}
