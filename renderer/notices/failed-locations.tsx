import { useMemo, useState } from 'react';
import type { Cell } from '../../main/model/cluster.ts';
import { isFailed } from '../../main/model/is-failed.ts';
import { needsSignIn } from '../../main/model/needs-sign-in.ts';
import { listed } from '../../main/model/wording.ts';
import { accountsText } from '../accounts/text.ts';
import { useActions, useAgent, usePage } from '../agent/page.tsx';
import { Banner } from '../controls/banner.tsx';
import type { Notice } from '../controls/notice.ts';
import { couldNotLoad } from '../text/counts.ts';
import { locationOf } from '../text/location.ts';
import { noticesText } from './text.ts';

/** Returns a notice about the locations that failed. */
export function useFailedLocations(onAccounts: () => void): Notice | undefined {
  const cells = useAgent((agent) => agent.cells);
  const failed = useMemo(() => [...cells.values()].filter(isFailed), [cells]);
  const { signInToAll } = useActions();
  const isSigningIn = usePage((page) => page.isSigningIn === true);
  if (failed.length === 0) return undefined;
  const title = couldNotLoad(failed.length, cells.size);
  const banner = <FailedLocations title={title} failed={failed} onAccounts={onAccounts} />;
  const needsLogin = failed.some(({ error }) => error !== undefined && needsSignIn(error));
  const action = { label: accountsText.signIn, isBusy: isSigningIn, onPress: () => void signInToAll() };
  return { key: 'places', kind: 'attention', title, banner, ...(needsLogin ? { action } : {}) };
}

/** Lists each failed location with its error and the next step. */
function FailedLocations({
  title,
  failed,
  onAccounts,
}: {
  readonly title: string;
  readonly failed: readonly Cell[];
  readonly onAccounts: () => void;
}) {
  const [isOpen, setOpen] = useState(false);
  const groups = useMemo(() => byReason(failed), [failed]);
  const [first] = groups;
  return (
    <Banner
      kind="attention"
      title={title}
      action={
        <button
          type="button"
          className="button small"
          aria-expanded={isOpen}
          onClick={() => setOpen((open) => !open)}
        >
          {isOpen ? noticesText.locations.hide : noticesText.locations.details}
        </button>
      }
    >
      {isOpen ? (
        <ul className="places">
          {groups.map(({ locations, error }) => (
            <li key={locations[0]?.id}>
              <b>{listed(locations.map(locationOf))}</b>
              <small>
                {error.message} {error.hint}
              </small>
            </li>
          ))}
        </ul>
      ) : (
        <small>
          {groups.length === 1
            ? `${first?.error.message} ${first?.error.hint ?? ''}`
            : noticesText.locations.errors(groups.length)}
        </small>
      )}
      {groups.some(({ error }) => needsSignIn(error)) && (
        <div className="actions">
          <button type="button" className="button small" onClick={onAccounts}>
            {accountsText.signIn}
          </button>
        </div>
      )}
    </Banner>
  );
}

/** Groups locations with the same error: one expired session fails many regions. */
function byReason(failed: readonly Cell[]) {
  const groups = new Map<string, { locations: Cell[]; error: NonNullable<Cell['error']> }>();
  for (const cell of failed) {
    if (cell.error === undefined) continue;
    const key = `${cell.source} ${cell.error.code} ${cell.error.message}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { locations: [cell], error: cell.error });
    else group.locations.push(cell);
  }
  return [...groups.values()];
}
