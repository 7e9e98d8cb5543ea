import type { LatencySample } from '../../main/model/activity-entry.ts';
import { useMinute } from '../agent/use-minute.ts';
import { Card } from './card.tsx';
import { detailText } from './text.ts';
import './past.css';
import { latency } from '../../main/model/wording.ts';
import { latencyFigures, sparkline } from './sparkline.ts';

const width = 300;
const height = 40;

/** Shows the latency of the last probes as a line and in figures. */
export function LatencyCard({ samples }: { readonly samples: readonly LatencySample[] }) {
  const now = useMinute();
  const figures = latencyFigures(samples);
  const [first] = samples;
  if (figures === undefined || first === undefined) return null;
  const { line, area, failures } = sparkline(samples, width, height);
  const failed = samples.filter(({ ms }) => ms === undefined).length;
  return (
    <Card
      title={detailText.latency.title(now - first.at)}
      action={
        failed > 0 && <p className="probes-failed">{detailText.latency.failed(failed, samples.length)}</p>
      }
    >
      <svg className="sparkline" viewBox={`0 0 ${width} ${height}`} preserveAspectRatio="none" aria-hidden>
        <path className="sparkline-area" d={area} />
        <path className="sparkline-line" d={line} />
        <path className="sparkline-failures" d={failures} />
      </svg>
      <dl className="figures-row">
        {(['last', 'lowest', 'median', 'highest'] as const).map((name) => (
          <div key={name}>
            <dt>{detailText.latency.figures[name]}</dt>
            <dd>{latency(figures[name])}</dd>
          </div>
        ))}
      </dl>
    </Card>
  );
}
