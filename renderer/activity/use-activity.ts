import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import type { ActivityEntry } from '../../main/model/activity-entry.ts';
import { type PlainError, toPlainError } from '../../main/model/app-error.ts';
import { useActions, useAgent, usePage } from '../agent/page.tsx';

const atMost = 500;

/** What happened, the newest first: asked for once a connection with the agent, then followed. */
export function useActivity(): {
  readonly entries: readonly ActivityEntry[] | undefined;
  readonly error: PlainError | undefined;
  /** What has happened last since it is looked at. */
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
