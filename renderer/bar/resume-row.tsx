import { CornerDownLeft, RotateCcw } from 'lucide-react';
import { useRef } from 'react';
import type { ResumeOffer } from '../../main/model/resume-offer.ts';
import { useAgent } from '../agent/page.tsx';
import { useMinute } from '../agent/use-minute.ts';
import { barText } from './text.ts';

/** The first row of the list while nothing is connected: connects what was connected before. */
export function ResumeRow({
  offer,
  onResume,
}: {
  readonly offer: ResumeOffer;
  readonly onResume: () => void;
}) {
  const clusters = useAgent((agent) => agent.clusters);
  const now = useMinute();
  const titles = offer.clusters.flatMap((id) => clusters.get(id)?.title ?? []);
  const words = barText.resume(titles, offer.at, now);
  return (
    <button type="button" className="resume-row" title={words} onClick={onResume}>
      <RotateCcw size={15} aria-hidden />
      <span>{words}</span>
      <kbd aria-hidden>
        <CornerDownLeft size={11} />
      </kbd>
    </button>
  );
}

/**
 * Returns whether the row is shown. While the pointer is on the list it stays as it is, so that no row moves under the
 * pointer.
 */
export function useResumeRow(offer: ResumeOffer | undefined, isPointed: boolean): boolean {
  const isConnected = useAgent(({ tunnels }) =>
    [...tunnels.values()].some(({ state }) => state.status !== 'failed' && state.status !== 'closing'),
  );
  const wanted = offer !== undefined && !isConnected;
  const shown = useRef(wanted);
  if (!isPointed) shown.current = wanted;
  return shown.current && offer !== undefined;
}
