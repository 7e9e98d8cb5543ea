import { ChevronLeft, X } from 'lucide-react';
import { type ReactNode, useEffect, useRef } from 'react';
import { useIsWide } from '../window-width.ts';
import './sub-page.css';

/** A page above the list, or beside it where there is room: Escape and the button lead back. */
export function SubPage({
  title,
  label = title,
  controls,
  children,
  isBeside = false,
  onBack,
}: {
  /** Of the button. */
  readonly title: string;
  /** What the page is called, where that is another. */
  readonly label?: string;
  readonly controls?: ReactNode;
  readonly children: ReactNode;
  /** The person goes on in the list, with this to look at. */
  readonly isBeside?: boolean;
  readonly onBack: () => void;
}) {
  const isWide = useIsWide();
  /** Else the way leads to another page in its place. */
  const closes = isWide && (isBeside || label === title);
  const back = useRef<HTMLButtonElement>(null);
  const staysInList = useRef(isBeside);
  useEffect(() => {
    if (staysInList.current) return;
    const before = document.activeElement;
    back.current?.focus();
    // The list goes on where the person was.
    return () => {
      if (before instanceof HTMLElement) before.focus();
    };
  }, []);
  useEffect(() => {
    const hear = (event: KeyboardEvent) => {
      if (event.key !== 'Escape' || event.defaultPrevented) return;
      event.preventDefault();
      onBack();
    };
    document.addEventListener('keydown', hear);
    return () => document.removeEventListener('keydown', hear);
  }, [onBack]);
  return (
    // Beside the list, whose banner and main part the page has already.
    <div className="sub-page" {...(isWide ? { role: 'complementary', 'aria-label': label } : {})}>
      <div className="crumb" role={isWide ? undefined : 'banner'}>
        <button type="button" className="crumb-back" ref={back} onClick={onBack}>
          {closes ? <X size={16} aria-hidden /> : <ChevronLeft size={16} aria-hidden />}
          {title}
        </button>
        <span className="crumb-controls">{controls}</span>
      </div>
      <div className="sub-page-body" role={isWide ? undefined : 'main'}>
        {children}
      </div>
    </div>
  );
}
