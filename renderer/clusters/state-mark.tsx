import {
  CircleCheck,
  CircleMinus,
  CircleX,
  LoaderCircle,
  Lock,
  SquareTerminal,
  TriangleAlert,
} from 'lucide-react';
import type { Mark } from './row-view.ts';
import { clustersText } from './text.ts';

const icons = {
  busy: LoaderCircle,
  connected: CircleCheck,
  degraded: TriangleAlert,
  failed: CircleX,
  none: CircleMinus,
  denied: Lock,
  'on-demand': SquareTerminal,
} as const satisfies Record<Exclude<Mark, 'off'> | 'on-demand', unknown>;

/**
 * Shows a state by shape, colour and text for screen readers: never by colour alone. What is merely not connected has no
 * mark. `id` is that of the text.
 */
export function StateMark({ mark, id }: { readonly mark: Mark | 'on-demand'; readonly id?: string }) {
  const Icon = mark === 'off' ? undefined : icons[mark];
  return (
    <span className="state-mark" data-mark={mark} title={clustersText.marks[mark]}>
      {Icon !== undefined && <Icon size={16} strokeWidth={1.9} aria-hidden />}
      <span className="for-screen-readers" id={id}>
        {clustersText.marks[mark]}
      </span>
    </span>
  );
}
