import type { TunnelView } from '../../main/model/agent-view.ts';
import type { Stage } from '../../main/model/tunnel-state.ts';
import { latency } from '../../main/model/wording.ts';
import type { KnownFailure } from '../agent/apply-change.ts';
import { detailText } from './text.ts';

const order: readonly Stage[] = ['edge', 'access', 'origin', 'tls', 'readyz'];

interface StageView {
  readonly stage: Stage;
  readonly outcome: 'passed' | 'failed' | 'none';
  readonly words: string;
}

/** Derives the state of each stage from the last probe, or from the stage that failed. */
function stageViews(tunnel: TunnelView | undefined, failure: KnownFailure | undefined): readonly StageView[] {
  if (tunnel?.state.status === 'connected') {
    // Not every connector can distinguish all stages.
    return tunnel.state.probe.stages.map(({ stage, ms }) => ({
      stage,
      outcome: 'passed',
      words: latency(ms),
    }));
  }
  const way = failure?.stage === 'local' ? (['local', ...order] as const) : order;
  const failedAt = failure?.stage === undefined ? -1 : way.indexOf(failure.stage);
  return way.map((stage, at) => {
    if (at < failedAt) return { stage, outcome: 'passed', words: detailText.stagePassed };
    if (at === failedAt) return { stage, outcome: 'failed', words: detailText.stageFailed };
    return { stage, outcome: 'none', words: failedAt < 0 ? detailText.stageWaiting : detailText.stageNone };
  });
}

/** Returns whether there is anything to say about the stages: a probe, an attempt, or the stage that failed. */
export function hasStages(isOn: boolean, failure: KnownFailure | undefined): boolean {
  return failure === undefined ? isOn : failure.stage !== undefined;
}

/** Lists the five stages between the user and the cluster, in the order of the traffic. */
export function Stages({
  tunnel,
  failure,
}: {
  readonly tunnel: TunnelView | undefined;
  readonly failure: KnownFailure | undefined;
}) {
  return (
    <ol className="stages">
      {stageViews(tunnel, failure).map(({ stage, outcome, words }) => (
        <li key={stage} data-outcome={outcome}>
          <b>{detailText.stages[stage]}</b>
          <span>{words}</span>
        </li>
      ))}
    </ol>
  );
}
