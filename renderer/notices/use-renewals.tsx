import { useState } from 'react';
import type { Account } from '../../main/model/account.ts';
import type { LoginProviderKind } from '../../main/model/login-providers.ts';
import { useAccounts } from '../accounts/use-accounts.ts';
import { useActions, useAgent, usePage } from '../agent/page.tsx';
import { accountKey, isUnderWay } from '../agent/sign-ins.ts';
import { useMinute } from '../agent/use-minute.ts';
import { Banner } from '../controls/banner.tsx';
import type { Notice } from '../controls/notice.ts';
import { noticesText } from './text.ts';

/** A renewal is offered for this long before a session ends. */
const offeredMs = 15 * 60_000;

interface Ending {
  readonly provider: LoginProviderKind;
  readonly session: string;
  readonly endsAt: number;
}

/**
 * Offers to renew each session that ends soon: those of Cloudflare Access first, because connections end with them, then
 * those of clouds. Each is offered once: after it was dismissed, its next session is offered.
 */
export function useRenewals(): readonly Notice[] {
  const sessions = useAgent((agent) => agent.sessions);
  const clouds = useCloudSessions();
  const signIns = usePage((page) => page.signIns);
  const { signIn } = useActions();
  const now = useMinute();
  const [dismissed, setDismissed] = useState<ReadonlySet<string>>(new Set());
  const ofAccess = sessions.map(
    ({ authDomain, endsAt }): Ending => ({ provider: 'access', session: authDomain, endsAt }),
  );
  return [...ofAccess, ...clouds]
    .filter(({ endsAt }) => endsAt > now && endsAt - now <= offeredMs)
    .flatMap((ending): readonly Notice[] => {
      const { session, endsAt } = ending;
      const key = `renewal ${accountKey(ending)} ${endsAt}`;
      if (dismissed.has(key)) return [];
      const state = signIns.get(accountKey(ending));
      const isBusy = isUnderWay(state);
      const title = noticesText.renewal.title(session, endsAt, now);
      const action = {
        label: isBusy ? noticesText.renewal.renewing : noticesText.renewal.renew,
        isBusy,
        onPress: () => void signIn(ending),
      };
      const button = (
        <button key="renew" type="button" className="button small" disabled={isBusy} onClick={action.onPress}>
          {action.label}
        </button>
      );
      const onDismiss = () => setDismissed((known) => new Set([...known, key]));
      const banner = (
        <Banner key={key} kind="attention" title={title} action={button} onDismiss={onDismiss}>
          <small>
            {state?.status === 'failed'
              ? `${state.error.message} ${state.error.hint ?? ''}`
              : noticesText.renewal.body}
          </small>
        </Banner>
      );
      return [{ key, kind: 'attention', title, banner, action }];
    });
}

/** Returns the sessions of clouds that end at a known time and do not renew without the user. */
function useCloudSessions(): readonly Ending[] {
  const { accounts = [] } = useAccounts();
  return accounts.filter(
    (one): one is Account & Ending =>
      one.provider !== 'access' &&
      one.ours &&
      !one.renews &&
      one.status === 'signed-in' &&
      one.asks === 'browser' &&
      one.endsAt !== undefined,
  );
}
