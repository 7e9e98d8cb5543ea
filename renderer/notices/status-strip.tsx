import { ChevronDown } from 'lucide-react';
import { Fragment, type ReactNode, useEffect, useRef, useState } from 'react';
import { noticeIcons } from '../controls/banner.tsx';
import type { Notice } from '../controls/notice.ts';
import { noticesText } from './text.ts';
import './status-strip.css';

/**
 * Shows discovery as `children` and the most important notice beside it. Its height never changes, and the panel with
 * all notices opens over the list: a notice never moves a row.
 */
export function StatusStrip({
  notices,
  children,
}: {
  readonly notices: readonly Notice[];
  readonly children?: ReactNode;
}) {
  const [isOpen, setOpen] = useState(false);
  const panel = useRef<HTMLElement>(null);
  const opener = useRef<HTMLButtonElement>(null);
  const [first] = notices;
  const hasNone = first === undefined;
  useEffect(() => {
    if (!isOpen) return;
    const listening = new AbortController();
    const { signal } = listening;
    const hearPress = ({ target }: PointerEvent) => {
      if (target instanceof Element && target.closest('.status-strip, .veil') === null) setOpen(false);
    };
    const hearKey = (event: KeyboardEvent) => {
      if (event.key !== 'Escape' || event.defaultPrevented) return;
      event.preventDefault();
      setOpen(false);
      opener.current?.focus();
    };
    document.addEventListener('pointerdown', hearPress, { capture: true, signal });
    document.addEventListener('keydown', hearKey, { signal });
    // Keep the height when a notice is dismissed: a second click must not hit the row behind it.
    const sizes = new ResizeObserver(() => {
      if (panel.current !== null) panel.current.style.minHeight = `${panel.current.offsetHeight}px`;
    });
    if (panel.current !== null) sizes.observe(panel.current);
    // A wider window needs fewer lines.
    const hearResize = () => panel.current?.style.removeProperty('min-height');
    addEventListener('resize', hearResize, { signal });
    return () => {
      listening.abort();
      sizes.disconnect();
    };
  }, [isOpen]);
  // Dismissing a notice removes its button.
  // biome-ignore lint/correctness/useExhaustiveDependencies: each time when there are fewer.
  useEffect(() => {
    if (isOpen && document.activeElement === document.body) opener.current?.focus();
  }, [isOpen, notices.length]);
  const Icon = noticeIcons[first?.kind ?? 'info'];
  return (
    <div className="status-strip">
      <div className="status-line">
        {children}
        <div className="notice-place" role={first?.kind === 'danger' ? 'alert' : 'status'}>
          {(!hasNone || isOpen) && (
            <button
              ref={opener}
              type="button"
              className="notice-opener"
              data-kind={first?.kind ?? 'info'}
              aria-expanded={isOpen}
              title={first?.title}
              onClick={() => setOpen(!isOpen)}
            >
              <Icon size={14} aria-hidden />
              <span className="notice-title">{first?.title ?? noticesText.none}</span>
              {notices.length > 1 && <span>{noticesText.more(notices.length - 1)}</span>}
              <ChevronDown size={12} aria-hidden />
            </button>
          )}
          {first?.action !== undefined && !isOpen && (
            <button
              type="button"
              className="button small notice-action"
              disabled={first.action.isBusy === true}
              onClick={first.action.onPress}
            >
              {first.action.label}
            </button>
          )}
        </div>
      </div>
      {isOpen && (
        <section className="banners" ref={panel} aria-label={noticesText.title}>
          {hasNone && <p>{noticesText.none}</p>}
          {notices.map(({ key, banner }) => (
            <Fragment key={key}>{banner}</Fragment>
          ))}
        </section>
      )}
    </div>
  );
}
