import type { ReactNode } from 'react';
import type { NoticeKind } from './banner.tsx';

export interface NoticeAction {
  readonly label: string;
  readonly isBusy?: boolean | undefined;
  onPress(): void;
}

/** A global notice: its title in the strip, all of it in the panel. */
export interface Notice {
  /** Unique among the notices. */
  readonly key: string;
  readonly kind: NoticeKind;
  readonly title: string;
  readonly banner: ReactNode;
  /** The one next step, beside the title in the strip. */
  readonly action?: NoticeAction | undefined;
}
