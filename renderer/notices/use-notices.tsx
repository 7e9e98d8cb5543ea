import { useState } from 'react';
import { accountsText } from '../accounts/text.ts';
import { useActions, useAgent, usePage } from '../agent/page.tsx';
import { agentText } from '../agent/text.ts';
import { Banner } from '../controls/banner.tsx';
import { CopyButton } from '../controls/copy-button.tsx';
import { LinkedText } from '../controls/linked-text.tsx';
import type { Notice } from '../controls/notice.ts';
import type { Navigation } from '../navigation/use-navigation.ts';
import { useReleaseNotice } from '../releases/release-notice.tsx';
import { useReviewNotice } from '../setup/review-notice.tsx';
import { useFailedLocations } from './failed-locations.tsx';
import { useRenewals } from './use-renewals.tsx';

const shownNotices = 3;

/**
 * All that is not about one cluster, the most pressing first. The page of the first run shows sign-ins and failed
 * locations itself.
 */
export function useNotices({
  navigation,
  isFirstRun = false,
}: {
  readonly navigation: Navigation;
  readonly isFirstRun?: boolean;
}): readonly Notice[] {
  const lost = useLostLink();
  const logins = useLogins();
  const renewals = useRenewals();
  const problems = useProblems();
  const review = useReviewNotice(() => navigation.open({ kind: 'review' }));
  const ofAgent = useAgentNotices();
  const release = useReleaseNotice(() => navigation.open({ kind: 'release' }));
  const places = useFailedLocations(navigation.openAccounts);
  const all = [
    lost,
    ...(isFirstRun ? [] : [...logins, ...renewals]),
    ...problems,
    review,
    ...ofAgent,
    release,
    isFirstRun ? undefined : places,
  ].filter((notice) => notice !== undefined);
  const rank = ({ kind }: Notice) => (kind === 'danger' ? 0 : 1);
  return all.toSorted((a, b) => rank(a) - rank(b));
}

function useLostLink(): Notice | undefined {
  const link = usePage((page) => page.link);
  const { retry } = useActions();
  if (link.status === 'ready' || link.status === 'opening' || link.status === 'ended') return undefined;
  const error = link.status === 'failed' ? link.error : undefined;
  const title =
    error !== undefined
      ? agentText.link.failed
      : link.status === 'lost'
        ? agentText.link.lost
        : agentText.link.notServed;
  const hint =
    error !== undefined
      ? `${error.message} ${error.hint ?? ''}`
      : link.status === 'lost'
        ? agentText.link.lostHint
        : agentText.link.notServedHint;
  const action = (
    <button type="button" className="button small" onClick={retry}>
      {agentText.link.again}
    </button>
  );
  const banner = (
    <Banner kind="danger" title={title} action={action}>
      <small>
        <LinkedText>{hint}</LinkedText>
      </small>
    </Banner>
  );
  return { key: 'link', kind: 'danger', title, banner };
}

function useLogins(): readonly Notice[] {
  const logins = useAgent((agent) => agent.logins);
  return logins.map(({ title: domain, url, userCode }) => {
    const title = accountsText.waiting.title(domain);
    const banner = (
      <Banner key={url} kind="login" title={title}>
        <small>
          {userCode === undefined ? accountsText.waiting.line : accountsText.waiting.code(userCode)}
        </small>
        <div className="actions">
          <a className="button small" href={url} target="_blank" rel="noreferrer">
            {accountsText.waiting.open}
          </a>
          <CopyButton label={accountsText.waiting.copy} value={url}>
            {accountsText.waiting.copy}
          </CopyButton>
        </div>
      </Banner>
    );
    return { key: `login ${url}`, kind: 'login', title, banner };
  });
}

function useProblems(): readonly Notice[] {
  const problems = usePage((page) => page.problems);
  const { dismiss } = useActions();
  return problems.map(({ id, level, title, error }) => {
    const kind = level === 'error' ? 'danger' : 'attention';
    const banner = (
      <Banner key={id} kind={kind} title={title} onDismiss={() => dismiss(id)}>
        {error !== undefined && (
          <small>
            {error.message} {error.hint}
          </small>
        )}
      </Banner>
    );
    return { key: `problem ${id}`, kind, title, banner };
  });
}

/** Warnings from the agent, for example about a tunnel that could not reconnect. */
function useAgentNotices(): readonly Notice[] {
  const notices = useAgent((agent) => agent.notices);
  const [dismissed, setDismissed] = useState<ReadonlySet<string>>(new Set());
  return notices
    .map((notice) => ({ ...notice, key: `${notice.at} ${notice.message}` }))
    .filter(({ level, key }) => level === 'warning' && !dismissed.has(key))
    .slice(-shownNotices)
    .map(({ key, message: title }) => {
      const onDismiss = () => setDismissed((known) => new Set([...known, key]));
      const banner = <Banner key={key} kind="attention" title={title} onDismiss={onDismiss} />;
      return { key, kind: 'attention', title, banner };
    });
}
