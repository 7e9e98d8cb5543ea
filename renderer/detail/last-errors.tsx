import type { ActivityEntry } from '../../main/model/activity-entry.ts';
import { activityText } from '../activity/text.ts';
import { useMinute } from '../agent/use-minute.ts';
import { failureText } from '../clusters/failure-text.ts';
import { momentOf } from '../text/times.ts';
import { Card } from './card.tsx';
import { detailText } from './text.ts';
import './past.css';

/** Lists the most recent errors of a cluster and links to its activity. */
export function LastErrors({
  failures,
  onActivity,
}: {
  readonly failures: readonly ActivityEntry[];
  readonly onActivity: () => void;
}) {
  const now = useMinute();
  return (
    <Card
      title={detailText.errors.title}
      action={
        <button type="button" className="link-button" onClick={onActivity}>
          {detailText.errors.all}
        </button>
      }
    >
      {failures.length === 0 ? (
        <p className="none">{detailText.errors.none}</p>
      ) : (
        <ul className="last-errors">
          {failures.map((entry) => {
            if (entry.kind !== 'failed' && entry.kind !== 'interrupted' && entry.kind !== 'client-failed')
              return null;
            const { code, message } = entry.failure.error;
            return (
              <li key={entry.id}>
                <time dateTime={new Date(entry.at).toISOString()}>{momentOf(entry.at, now)}</time>
                <b>{failureText(code)}</b>
                <p>
                  <bdi>
                    {entry.kind === 'client-failed' && entry.process !== undefined
                      ? `${activityText.process(entry.process.name, entry.process.pid)}: ${message}`
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
