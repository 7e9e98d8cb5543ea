import {
  CircleCheck,
  CircleDashed,
  CircleMinus,
  CircleX,
  LoaderCircle,
  Lock,
  TriangleAlert,
} from 'lucide-react';
import type { Mark } from './row-view.ts';
import { clustersText } from './text.ts';

const icons = {
  off: CircleDashed,
  busy: LoaderCircle,
  connected: CircleCheck,
  degraded: TriangleAlert,
  failed: CircleX,
  none: CircleMinus,
  denied: Lock,
} as const satisfies Record<Mark, unknown>;

/** Shows a state by shape, colour and text for screen readers: never by colour alone. */
export function StateMark({ mark }: { readonly mark: Mark }) {
  const Icon = icons[mark];
  return (
    <span className="state-mark" data-mark={mark}>
      <Icon size={16} strokeWidth={1.9} aria-hidden />
      <span className="for-screen-readers">{clustersText.marks[mark]}</span>
    </span>
  );
}
