import { Star } from 'lucide-react';
import type { Cluster, ClusterId } from '../../main/model/cluster.ts';
import { activityText } from '../activity/text.ts';
import { useActions, useAgent } from '../agent/page.tsx';
import { useMinute } from '../agent/use-minute.ts';
import { clustersText } from '../clusters/text.ts';
import { useRow } from '../clusters/use-row.ts';
import { DocsLink } from '../controls/docs-link.tsx';
import { MixedScriptsNote } from '../controls/mixed-scripts-badge.tsx';
import { ProductionBadge } from '../controls/production-badge.tsx';
import { SubPage } from '../controls/sub-page.tsx';
import { Switch } from '../controls/switch.tsx';
import { clusterText } from '../text/cluster.ts';
import { fullLocationOf } from '../text/location.ts';
import { ago } from '../text/times.ts';
import { useIsWide } from '../window-width.ts';
import { Card, Facts } from './card.tsx';
import { DeniedCard } from './denied-card.tsx';
import { detailText } from './text.ts';
import './detail.css';
import { FailureCard } from './failure-card.tsx';
import { IdleCard } from './idle-card.tsx';
import { LastErrors } from './last-errors.tsx';
import { LatencyCard } from './latency-card.tsx';
import { ProductionLock } from './production-lock.tsx';
import { hasStages, Stages } from './stages.tsx';
import { TagsCard } from './tags-card.tsx';
import { TerminalCard } from './terminal-card.tsx';
import { useHistory } from './use-history.ts';
import { WhomToAsk } from './whom-to-ask.tsx';

/** Shows all details of one cluster. */
export function ClusterPage({
  id,
  isFromActivity,
  onBack,
  onActivity,
  onAccounts,
}: {
  readonly id: ClusterId;
  /** Whether back leads to the activity. */
  readonly isFromActivity: boolean;
  /** Undefined if it cannot be left, because it was not opened. */
  readonly onBack: (() => void) | undefined;
  /** Opens the activity of this cluster. */
  readonly onActivity: (id: ClusterId) => void;
  readonly onAccounts: () => void;
}) {
  const row = useRow(id);
  const known = useAgent(({ failures }) => failures.get(id));
  const actions = useActions();
  const isWide = useIsWide();
  const history = useHistory(id);
  const back = isFromActivity ? activityText.title : isWide ? detailText.close : detailText.back;
  const isBeside = isWide && !isFromActivity;
  const lastErrors = <LastErrors failures={history?.failures ?? []} onActivity={() => onActivity(id)} />;
  if (row === undefined)
    return (
      <SubPage title={back} isBeside={isBeside} onBack={onBack}>
        <div className="detail">
          <h1 className="gone">{detailText.gone}</h1>
          {lastErrors}
        </div>
      </SubPage>
    );
  const { cluster, tunnel, view, policy, isCurrent, isFavourite, isOnDemand } = row;
  const state = tunnel?.state;
  const failure =
    state?.status === 'degraded' || state?.status === 'reconnecting'
      ? { ...state.failure, at: state.since }
      : known;
  const canOpen = cluster.reach.kind !== 'none';
  const isIdle = canOpen && view.mark === 'off';
  /** No card further down names the owner. */
  const isPlain = !isIdle && failure === undefined && view.mark !== 'denied';
  return (
    <SubPage
      title={back}
      label={cluster.title}
      isBeside={isBeside}
      onBack={onBack}
      controls={
        // The row has them too: it is beside this page.
        onBack !== undefined && (
          <>
            <button
              type="button"
              className="icon-button small star-button"
              aria-label={clustersText.row.star(cluster.title)}
              aria-pressed={isFavourite}
              onClick={() => void actions.star(id, !isFavourite)}
            >
              <Star size={15} fill={isFavourite ? 'currentColor' : 'none'} aria-hidden />
            </button>
            {(canOpen || view.isOn) && (
              <Switch
                label={clustersText.row.connect(cluster.title)}
                isOn={view.isOn}
                isBusy={view.mark === 'busy'}
                onChange={(on) => void (on ? actions.connect(id) : actions.disconnect(id))}
              />
            )}
          </>
        )
      }
    >
      <div className="detail">
        <h1>
          <span>{cluster.title}</span> <ProductionBadge cluster={cluster} />
          {isCurrent && <span className="badge current">{clustersText.current}</span>}
        </h1>
        <MixedScriptsNote title={cluster.title} />
        <p className="sub" data-tone={view.tone}>
          {view.line}
        </p>
        {isPlain && <WhomToAsk cluster={cluster} />}
        <ProductionLock key={id} cluster={cluster} isConnected={state !== undefined} />
        {isIdle && <IdleCard cluster={cluster} hasCommand={!isOnDemand} />}
        {canOpen && hasStages(view.isOn, failure) && <Stages tunnel={tunnel} failure={failure} />}
        {failure !== undefined && (
          <FailureCard
            cluster={cluster}
            failure={failure}
            canRetry={canOpen && (!view.isOn || state?.status === 'failed')}
            waits={view.waits === true}
            onAccounts={onAccounts}
          />
        )}
        {view.mark === 'denied' && policy?.verdict === 'denied' && (
          <DeniedCard cluster={cluster} policy={policy} />
        )}
        <LatencyCard samples={history?.samples ?? []} />
        <TerminalCard row={row} history={history} />
        {lastErrors}
        <TagsCard cluster={cluster} />
        <About cluster={cluster} namesOwner={!isIdle && !isPlain} />
      </div>
    </SubPage>
  );
}

function About({
  cluster,
  namesOwner,
}: {
  readonly cluster: Cluster;
  /** False if the page does so further up. */
  readonly namesOwner: boolean;
}) {
  const now = useMinute();
  const { fields } = clusterText;
  const { reach, docs } = cluster;
  return (
    <Card title={detailText.about}>
      <Facts
        facts={[
          [fields.location, fullLocationOf(cluster)],
          [fields.name, cluster.name === cluster.title ? undefined : <code key="name">{cluster.name}</code>],
          [fields.description, cluster.description],
          [fields.owner, namesOwner ? cluster.owner : undefined],
          [fields.docs, docs === undefined || !namesOwner ? undefined : <DocsLink key="docs" docs={docs} />],
          [fields.environment, cluster.environment],
          [fields.group, cluster.group],
          [fields.hostname, reach.kind === 'tunnel' ? <code key="host">{reach.hostname}</code> : undefined],
          [fields.server, <code key="server">{cluster.server}</code>],
          [fields.version, cluster.version],
          [fields.seen, ago(now - cluster.seenAt)],
        ]}
      />
    </Card>
  );
}
