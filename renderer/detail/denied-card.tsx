import type { Cluster } from '../../main/model/cluster.ts';
import type { DeniedPolicy } from '../../main/model/policy.ts';
import { useActions, useAgent } from '../agent/page.tsx';
import { useMinute } from '../agent/use-minute.ts';
import { detailText } from './text.ts';
import { WhomToAsk } from './whom-to-ask.tsx';

/** Explains that Access denies the user, names the owner, and lets the user try anyway. */
export function DeniedCard({
  cluster,
  policy,
}: {
  readonly cluster: Cluster;
  readonly policy: DeniedPolicy;
}) {
  const { connect } = useActions();
  const links = useAgent(({ organisation }) => organisation?.links);
  const now = useMinute();
  const words = detailText.denied;
  const { reason, message, failing, ray, at } = policy;
  return (
    <section className="why" data-quiet="" aria-label={words[reason]}>
      <h2>{words[reason]}</h2>
      <p>{reason === 'policy' ? message : words.failing(failing)}</p>
      {reason === 'policy' && failing.length > 0 && <p>{words.failing(failing)}</p>}
      <div className="actions">
        {links?.accessRequest !== undefined && (
          <a className="button small primary" href={links.accessRequest} target="_blank" rel="noreferrer">
            {words.request}
          </a>
        )}
        {links?.support !== undefined && (
          <a className="button small" href={links.support} target="_blank" rel="noreferrer">
            {words.support}
          </a>
        )}
        <button type="button" className="button small" onClick={() => void connect(cluster.id)}>
          {detailText.again}
        </button>
      </div>
      <WhomToAsk cluster={cluster} />
      <p className="for">
        {words.checkedAt(now - at)}
        {ray !== undefined && (
          <>
            {` ${words.ray} `}
            <code>{ray}</code>
          </>
        )}
      </p>
    </section>
  );
}
