import type { Cluster } from '../../main/model/cluster.ts';
import { needsSignIn } from '../../main/model/needs-sign-in.ts';
import { accountsText } from '../accounts/text.ts';
import type { KnownFailure } from '../agent/apply-change.ts';
import { useActions, useAgent } from '../agent/page.tsx';
import { failureText } from '../clusters/failure-text.ts';
import { clustersText } from '../clusters/text.ts';
import { CopyButton } from '../controls/copy-button.tsx';
import { fullLocationOf } from '../text/location.ts';
import { detailText } from './text.ts';
import { WhomToAsk } from './whom-to-ask.tsx';

/** Shows a failure: why it happened, who can fix it, a button, and details to copy for support. */
export function FailureCard({
  cluster,
  failure,
  canRetry,
  waits,
  onAccounts,
}: {
  readonly cluster: Cluster;
  readonly failure: KnownFailure;
  readonly canRetry: boolean;
  /** Whether it is retried automatically. */
  readonly waits: boolean;
  readonly onAccounts: () => void;
}) {
  const { connect, tryNow } = useActions();
  const { error, mender } = failure;
  const support = useAgent(({ organisation }) => organisation?.links.support);
  return (
    <section className="why" aria-label={failureText(error.code)}>
      <h2>{failureText(error.code)}</h2>
      <p>
        {error.message} {error.hint}
      </p>
      <div className="actions">
        {needsSignIn(error) && (
          <button type="button" className="button small" onClick={onAccounts}>
            {accountsText.signIn}
          </button>
        )}
        {canRetry && (
          <button type="button" className="button small primary" onClick={() => void connect(cluster.id)}>
            {detailText.again}
          </button>
        )}
        {waits && (
          <button type="button" className="button small primary" onClick={() => void tryNow(cluster.id)}>
            {clustersText.row.tryNow}
          </button>
        )}
        <CopyButton label={detailText.copy} value={() => supportText(cluster, failure)}>
          {detailText.copy}
        </CopyButton>
      </div>
      <WhomToAsk cluster={cluster} />
      <p className="for">
        {mender !== undefined && detailText.whoCanFix(detailText.fixers[mender])} <code>{error.code}</code>
        {support !== undefined && (
          <>
            {' '}
            <a href={support} target="_blank" rel="noreferrer">
              {detailText.support}
            </a>
          </>
        )}
      </p>
    </section>
  );
}

/** Text for a support ticket. Contains no secrets: error messages never do. */
function supportText(cluster: Cluster, { error, stage, mender, at }: KnownFailure): string {
  const { reach } = cluster;
  const lines = [
    `cluster: ${cluster.title} (${fullLocationOf(cluster)})`,
    reach.kind === 'tunnel'
      ? `hostname: ${reach.hostname}, origin ${reach.origin}`
      : reach.kind === 'direct'
        ? 'reached directly'
        : `no tunnel: ${reach.reason}`,
    `failed: ${new Date(at).toISOString()}${stage === undefined ? '' : `, at stage ${stage}`}`,
    `error: ${error.code}: ${error.message}`,
    ...(error.hint === undefined ? [] : [`hint: ${error.hint}`]),
    ...(mender === undefined ? [] : [`can be fixed by: ${mender}`]),
  ];
  return `${lines.join('\n')}\n`;
}
