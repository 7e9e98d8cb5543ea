import type { ReactNode } from 'react';
import type { NoticeKind } from './banner.tsx';

/** Something about the whole: its title in the strip, all of it in the panel. */
export interface Notice {
  /** Of no other notice. */
  readonly key: string;
  readonly kind: NoticeKind;
  readonly title: string;
  readonly banner: ReactNode;
}
