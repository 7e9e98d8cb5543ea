import type { ReactNode } from 'react';
import type { NoticeKind } from './banner.tsx';

/** A global notice: its title in the strip, all of it in the panel. */
export interface Notice {
  /** Unique among the notices. */
  readonly key: string;
  readonly kind: NoticeKind;
  readonly title: string;
  readonly banner: ReactNode;
}
