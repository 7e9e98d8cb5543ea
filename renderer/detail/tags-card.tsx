import type { Cluster } from '../../main/model/cluster.ts';
import { Card, Facts } from './card.tsx';
import { detailText } from './text.ts';
import './past.css';

/** Shows the tags to fix, then all of our tags as they are at their source. */
export function TagsCard({ cluster }: { readonly cluster: Cluster }) {
  const { tags = {}, tagProblems, source } = cluster;
  const pairs = Object.entries(tags).toSorted(([a], [b]) => a.localeCompare(b));
  return (
    <>
      {tagProblems.length > 0 && (
        <Card title={detailText.tags}>
          <ul className="tag-problems">
            {tagProblems.map(({ key, message, hint }) => (
              <li key={key + message}>
                <code>{key}</code>
                <p>
                  {message} {hint}
                </p>
              </li>
            ))}
          </ul>
        </Card>
      )}
      {pairs.length > 0 && (
        <Card title={detailText.allTags}>
          <div className="tags">
            <Facts facts={pairs.map(([key, value]) => [key, <code key={key}>{value}</code>])} />
          </div>
          <p className="note">{detailText.tagsFrom[source]}</p>
        </Card>
      )}
    </>
  );
}
