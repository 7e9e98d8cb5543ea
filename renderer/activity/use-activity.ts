import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import type { ActivityEntry } from '../../main/model/activity-entry.ts';
import { type PlainError, toPlainError } from '../../main/model/app-error.ts';
import { useActions, useAgent, usePage } from '../agent/page.tsx';

const atMost = 500;

/** Loads the activity once per connection to the agent and then follows it, newest first. */
export function useActivity(): {
  readonly entries: readonly ActivityEntry[] | undefined;
  readonly error: PlainError | undefined;
  /** The newest event since the page was opened. */
  readonly latest: ActivityEntry | undefined;
  read(): void;
} {
  const { happened } = useActions();
  const isReady = usePage(({ link }) => link.status === 'ready');
  const news = useAgent((agent) => agent.happened);
  const [known, setKnown] = useState<readonly ActivityEntry[]>();
  const [error, setError] = useState<PlainError>();
  const first = useRef(news[0]);
  const read = useCallback(() => {
    setError(undefined);
    happened().then(setKnown, (failure: unknown) => setError(toPlainError(failure)));
  }, [happened]);
  useEffect(() => {
    if (isReady) read();
  }, [isReady, read]);
  const entries = useMemo(() => {
    const last = known?.[0]?.id ?? 0;
    return known && [...news.filter(({ id }) => id > last), ...known].slice(0, atMost);
  }, [known, news]);
  return { entries, error, latest: news[0] === first.current ? undefined : news[0], read };
}
