import type { ActivityEntry } from '../../main/model/activity-entry.ts';
import { useNow } from '../agent/use-now.ts';
import { momentWords } from '../text/durations.ts';
import { text } from '../text/text.ts';
import { Card } from './card.tsx';
import './past.css';

const words = text.detail.errors;

/** What went wrong last, and the way to all that happened to the cluster. */
export function LastErrors({
  failures,
  onActivity,
}: {
  readonly failures: readonly ActivityEntry[];
  readonly onActivity: () => void;
}) {
  const now = useNow(60_000);
  return (
    <Card
      title={words.title}
      action={
        <button type="button" className="link-button" onClick={onActivity}>
          {words.all}
        </button>
      }
    >
      {failures.length === 0 ? (
        <p className="none">{words.none}</p>
      ) : (
        <ul className="last-errors">
          {failures.map((entry) => {
            if (entry.kind !== 'failed' && entry.kind !== 'interrupted' && entry.kind !== 'client-failed')
              return null;
            const { code, message } = entry.failure.error;
            return (
              <li key={entry.id}>
                <time dateTime={new Date(entry.at).toISOString()}>{momentWords(entry.at, now)}</time>
                <b>{text.failure(code)}</b>
                <p>
                  <bdi>
                    {entry.kind === 'client-failed' && entry.process !== undefined
                      ? `${text.activity.process(entry.process.name, entry.process.pid)}: ${message}`
                      : message}
                  </bdi>
                </p>
              </li>
            );
          })}
        </ul>
      )}
    </Card>
  );
}
