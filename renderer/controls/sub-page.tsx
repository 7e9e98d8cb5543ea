import { ChevronLeft, X } from 'lucide-react';
import { type ReactNode, useEffect, useRef } from 'react';
import { useIsWide } from '../window-width.ts';
import { useKeptFocus } from './kept-focus.ts';
import './sub-page.css';

/** A page over the list, or beside it in a wide window. Escape and the button lead back. */
export function SubPage({
  title,
  label = title,
  controls,
  children,
  fillsWindow = false,
  isBeside = false,
  onBack,
}: {
  /** Label of the back button. */
  readonly title: string;
  /** Name of the page, if it differs from the button's label. */
  readonly label?: string;
  readonly controls?: ReactNode;
  readonly children: ReactNode;
  /** Whether it is over the list in a wide window, too. */
  readonly fillsWindow?: boolean;
  /** Whether the focus stays in the list while this page is open. */
  readonly isBeside?: boolean;
  /** Undefined if the page is shown because nothing else is: it cannot be left. */
  readonly onBack: (() => void) | undefined;
}) {
  const hasRoom = useIsWide();
  const isWide = hasRoom && !fillsWindow;
  /** Otherwise back leads to another page. */
  const closes = isWide && (isBeside || label === title);
  const back = useRef<HTMLButtonElement>(null);
  const page = useRef<HTMLDivElement>(null);
  useKeptFocus(page);
  const staysInList = useRef(isBeside);
  useEffect(() => {
    if (staysInList.current) return;
    const before = document.activeElement;
    back.current?.focus();
    // Restore the focus in the list.
    return () => {
      if (before instanceof HTMLElement) before.focus();
    };
  }, []);
  useEffect(() => {
    if (onBack === undefined) return;
    const hear = (event: KeyboardEvent) => {
      if (event.key !== 'Escape' || event.defaultPrevented) return;
      event.preventDefault();
      onBack();
    };
    document.addEventListener('keydown', hear);
    return () => document.removeEventListener('keydown', hear);
  }, [onBack]);
  return (
    // Beside the list, the page already has a banner and a main landmark.
    <div className="sub-page" ref={page} {...(isWide ? { role: 'complementary', 'aria-label': label } : {})}>
      {onBack !== undefined && (
        <div className="crumb" role={isWide ? undefined : 'banner'}>
          <button type="button" className="crumb-back" ref={back} onClick={onBack}>
            {closes ? <X size={16} aria-hidden /> : <ChevronLeft size={16} aria-hidden />}
            {title}
          </button>
          <span className="crumb-controls">{controls}</span>
        </div>
      )}
      <div className="sub-page-body" role={isWide ? undefined : 'main'}>
        {children}
      </div>
    </div>
  );
}
