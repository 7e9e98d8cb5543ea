import { useCallback, useEffect, useRef, useState } from 'react';
import type { Account } from '../../main/model/account.ts';
import { type PlainError, toPlainError } from '../../main/model/app-error.ts';
import { useActions, useAgent, usePage } from '../agent/page.tsx';
import { useMinute } from '../agent/use-minute.ts';

/** Another program may sign in or out, which the agent does not report. */
const rereadMs = 5 * 60_000;

/**
 * Loads the accounts, and reloads them when a session changes, when the window is shown again and now and then; keeps the
 * last result meanwhile.
 */
export function useAccounts(): {
  readonly accounts: readonly Account[] | undefined;
  readonly error: PlainError | undefined;
  readonly isReading: boolean;
  read(): void;
} {
  const actions = useActions();
  const [accounts, setAccounts] = useState<readonly Account[]>();
  const [error, setError] = useState<PlainError>();
  const [isReading, setReading] = useState(true);
  const last = useRef(0);
  const read = useCallback(() => {
    // Ignore a response that a newer one has overtaken.
    const turn = ++last.current;
    const settle = (work: () => void) => {
      if (turn !== last.current) return;
      work();
      setReading(false);
    };
    setReading(true);
    actions.accounts().then(
      (now) =>
        settle(() => {
          setAccounts(now);
          setError(undefined);
        }),
      (failure: unknown) => settle(() => setError(toPlainError(failure))),
    );
  }, [actions]);
  const logins = useAgent((agent) => agent.logins);
  const sessions = useAgent((agent) => agent.sessions);
  const signIns = usePage((page) => page.signIns);
  // Sources and access portals add accounts.
  const organisation = useAgent((agent) => agent.organisation);
  const portals = useAgent(({ settings }) => settings.awsPortals);
  const due = Math.floor(useMinute() / rereadMs);
  // biome-ignore lint/correctness/useExhaustiveDependencies: each is a reason to read.
  useEffect(() => {
    read();
    return () => {
      last.current += 1;
    };
  }, [read, logins, sessions, signIns, organisation, portals, due]);
  useEffect(() => {
    const look = () => {
      if (!document.hidden) read();
    };
    document.addEventListener('visibilitychange', look);
    return () => document.removeEventListener('visibilitychange', look);
  }, [read]);
  return { accounts, error, isReading, read };
}
