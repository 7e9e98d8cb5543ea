import { useEffect, useState } from 'react';
import type { History } from '../../main/model/activity-entry.ts';
import type { ClusterId } from '../../main/model/cluster.ts';
import { useActions, useAgent } from '../agent/page.tsx';

const everyMs = 2_000;

/** Polls a cluster's past and its traffic while the page is visible, and immediately when its tunnel changes. */
export function useHistory(id: ClusterId): History | undefined {
  const { history } = useActions();
  const tunnel = useAgent(({ tunnels }) => tunnels.get(id));
  const failure = useAgent(({ failures }) => failures.get(id));
  const [known, setKnown] = useState<History>();
  // biome-ignore lint/correctness/useExhaustiveDependencies: what happens to the tunnel is a reason to ask.
  useEffect(() => {
    let isOver = false;
    const ask = async () => {
      if (document.hidden) return;
      // Keep the last known history while the agent does not respond.
      const now = await history(id).catch(() => undefined);
      if (isOver || now === undefined) return;
      setKnown((before) => (JSON.stringify(before) === JSON.stringify(now) ? before : now));
    };
    void ask();
    const timer = setInterval(() => void ask(), everyMs);
    return () => {
      isOver = true;
      clearInterval(timer);
    };
  }, [history, id, tunnel, failure]);
  return known;
}
