import { Info, KeyRound, TriangleAlert, X } from 'lucide-react';
import type { ReactNode } from 'react';
import { controlsText } from './text.ts';
import './banner.css';

export const noticeIcons = {
  attention: TriangleAlert,
  danger: TriangleAlert,
  info: Info,
  login: KeyRound,
} as const;

export type NoticeKind = keyof typeof noticeIcons;

/** Shows a global notice: title, details and actions. */
export function Banner({
  kind,
  title,
  children,
  action,
  onDismiss,
}: {
  readonly kind: NoticeKind;
  readonly title: string;
  readonly children?: ReactNode;
  readonly action?: ReactNode;
  readonly onDismiss?: (() => void) | undefined;
}) {
  const Icon = noticeIcons[kind];
  return (
    <div className="banner" data-kind={kind} role={kind === 'danger' ? 'alert' : 'status'}>
      <Icon size={16} aria-hidden />
      <div className="banner-text">
        {title}
        {children}
      </div>
      {action}
      {onDismiss !== undefined && (
        <button
          type="button"
          className="icon-button small"
          aria-label={controlsText.dismiss}
          onClick={onDismiss}
        >
          <X size={14} aria-hidden />
        </button>
      )}
    </div>
  );
}
