import {
  CircleCheck,
  CircleX,
  Lock,
  LockOpen,
  LogIn,
  LogOut,
  RefreshCw,
  Settings,
  ShieldX,
  ShipWheel,
  Sparkles,
  TriangleAlert,
  Unplug,
} from 'lucide-react';
import { memo } from 'react';
import type { ActivityEntry } from '../../main/model/activity-entry.ts';
import type { ClusterId } from '../../main/model/cluster.ts';
import { useAgent } from '../agent/page.tsx';
import { exactMomentOf, momentOf } from '../text/times.ts';
import { entryView } from './entry-view.ts';

const icons = {
  connected: CircleCheck,
  reconnected: CircleCheck,
  interrupted: TriangleAlert,
  failed: CircleX,
  closed: Unplug,
  refused: ShieldX,
  'client-failed': TriangleAlert,
  unlocked: LockOpen,
  locked: Lock,
  kubectl: ShipWheel,
  'signed-in': LogIn,
  'signed-out': LogOut,
  'sign-in-ended': TriangleAlert,
  discovery: RefreshCw,
  settings: Settings,
  release: Sparkles,
} as const satisfies Record<ActivityEntry['kind'], unknown>;

/** Shows one event with its time and a link to its cluster. */
export const EntryRow = memo(function EntryRow({
  entry,
  onOpen,
}: {
  readonly entry: ActivityEntry;
  readonly onOpen: (id: ClusterId) => void;
}) {
  const { tone, before, subject, cluster, after, detail } = entryView(entry);
  const isThere = useAgent(({ clusters }) => cluster !== undefined && clusters.has(cluster));
  const Icon = icons[entry.kind];
  return (
    <li className="entry" data-tone={tone}>
      <Icon size={16} strokeWidth={1.9} aria-hidden />
      <p className="entry-line">
        {before}
        {subject !== undefined && before !== undefined && ' '}
        {subject !== undefined && cluster !== undefined && isThere && (
          <button type="button" className="entry-subject" onClick={() => onOpen(cluster)}>
            <bdi>{subject}</bdi>
          </button>
        )}
        {subject !== undefined && !isThere && <bdi className="entry-subject">{subject}</bdi>}
        {after !== undefined && ` ${after}`}
      </p>
      <time dateTime={new Date(entry.at).toISOString()} title={exactMomentOf(entry.at)}>
        {momentOf(entry.at, entry.at)}
      </time>
      {detail !== undefined && (
        <p className="entry-detail">
          <bdi>{detail}</bdi>
        </p>
      )}
    </li>
  );
});
