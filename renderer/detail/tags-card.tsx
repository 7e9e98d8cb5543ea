import type { Cluster } from '../../main/model/cluster.ts';
import { text } from '../text/text.ts';
import { Card, Facts } from './card.tsx';
import './past.css';

const words = text.detail;

/** What of its tags is to be mended, then all of ours as they stand at their source, and where that is. */
export function TagsCard({ cluster }: { readonly cluster: Cluster }) {
  const { tags = {}, tagProblems, source } = cluster;
  const pairs = Object.entries(tags).toSorted(([a], [b]) => a.localeCompare(b));
  return (
    <>
      {tagProblems.length > 0 && (
        <Card title={words.tags}>
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
        <Card title={words.allTags}>
          <div className="tags">
            <Facts facts={pairs.map(([key, value]) => [key, <code key={key}>{value}</code>])} />
          </div>
          <p className="note">{words.tagsFrom[source]}</p>
        </Card>
      )}
    </>
  );
}
