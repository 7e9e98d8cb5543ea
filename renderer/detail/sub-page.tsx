import { ChevronLeft } from 'lucide-react';
import { type ReactNode, useEffect, useRef } from 'react';
import './sub-page.css';

/** A page above the list: Escape and the arrow lead back. */
export function SubPage({
  title,
  controls,
  children,
  onBack,
}: {
  readonly title: string;
  readonly controls?: ReactNode;
  readonly children: ReactNode;
  readonly onBack: () => void;
}) {
  const back = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    const before = document.activeElement;
    back.current?.focus();
    // The list goes on where the person was.
    return () => {
      if (before instanceof HTMLElement) before.focus();
    };
  }, []);
  useEffect(() => {
    const hear = (event: KeyboardEvent) => {
      if (event.key === 'Escape' && !event.defaultPrevented) onBack();
    };
    document.addEventListener('keydown', hear);
    return () => document.removeEventListener('keydown', hear);
  }, [onBack]);
  return (
    <div className="sub-page">
      <header className="crumb">
        <button type="button" className="crumb-back" ref={back} onClick={onBack}>
          <ChevronLeft size={16} aria-hidden />
          {title}
        </button>
        <span className="crumb-controls">{controls}</span>
      </header>
      <main className="sub-page-body">{children}</main>
    </div>
  );
}
