import { useState } from 'react';
import { useActions, useAgent, usePage } from '../agent/page.tsx';
import { CopyButton } from '../controls/copy-button.tsx';
import { LinkedText } from '../controls/linked-text.tsx';
import { ReleaseNotice } from '../releases/release-notice.tsx';
import { ReviewNotice } from '../setup/review-notice.tsx';
import { text } from '../text/text.ts';
import { Banner } from './banner.tsx';
import { FailedPlaces } from './failed-places.tsx';

const shownNotices = 3;

/** All that is not about one cluster, the most pressing first. */
export function Notices({
  onAccounts,
  onReview,
}: {
  readonly onAccounts: () => void;
  readonly onReview: () => void;
}) {
  return (
    <div className="banners">
      <LostLink />
      <Logins />
      <Problems />
      <ReviewNotice onReview={onReview} />
      <AgentNotices />
      <ReleaseNotice />
      <FailedPlaces onAccounts={onAccounts} />
    </div>
  );
}

/** What of it is said also where the page has its own words for sign-ins and places. */
export function PressingNotices({ onReview }: { readonly onReview: () => void }) {
  return (
    <div className="banners">
      <LostLink />
      <Problems />
      <ReviewNotice onReview={onReview} />
      <AgentNotices />
      <ReleaseNotice />
    </div>
  );
}

function LostLink() {
  const link = usePage((page) => page.link);
  const { retry } = useActions();
  if (link.status === 'ready' || link.status === 'opening' || link.status === 'ended') return null;
  const error = link.status === 'failed' ? link.error : undefined;
  return (
    <Banner
      kind="danger"
      title={
        error !== undefined ? text.link.failed : link.status === 'lost' ? text.link.lost : text.link.notServed
      }
      action={
        <button type="button" className="button small" onClick={retry}>
          {text.link.again}
        </button>
      }
    >
      <small>
        <LinkedText>
          {error !== undefined
            ? `${error.message} ${error.hint ?? ''}`
            : link.status === 'lost'
              ? text.link.lostHint
              : text.link.notServedHint}
        </LinkedText>
      </small>
    </Banner>
  );
}

function Logins() {
  const logins = useAgent((agent) => agent.logins);
  return logins.map(({ title, url, userCode }) => (
    <Banner key={url} kind="login" title={text.login.title(title)}>
      <small>{userCode === undefined ? text.login.line : text.login.code(userCode)}</small>
      <div className="actions">
        <a className="button small" href={url} target="_blank" rel="noreferrer">
          {text.login.open}
        </a>
        <CopyButton label={text.login.copy} value={url}>
          {text.login.copy}
        </CopyButton>
      </div>
    </Banner>
  ));
}

function Problems() {
  const problems = usePage((page) => page.problems);
  const { dismiss } = useActions();
  return problems.map(({ id, level, title, error }) => (
    <Banner
      key={id}
      kind={level === 'error' ? 'danger' : 'attention'}
      title={title}
      onDismiss={() => dismiss(id)}
    >
      {error !== undefined && (
        <small>
          {error.message} {error.hint}
        </small>
      )}
    </Banner>
  ));
}

/** What the agent has to say of its own accord, for example of a tunnel that could not be opened again. */
function AgentNotices() {
  const notices = useAgent((agent) => agent.notices);
  const [dismissed, setDismissed] = useState<ReadonlySet<string>>(new Set());
  const shown = notices
    .map((notice) => ({ ...notice, key: `${notice.at} ${notice.message}` }))
    .filter(({ level, key }) => level === 'warning' && !dismissed.has(key))
    .slice(-shownNotices);
  return shown.map(({ key, message }) => (
    <Banner
      key={key}
      kind="attention"
      title={message}
      onDismiss={() => setDismissed((known) => new Set([...known, key]))}
    />
  ));
}
