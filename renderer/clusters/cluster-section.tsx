import { ChevronDown } from 'lucide-react';
import { type ReactNode, useId } from 'react';
import { useActions } from '../agent/page.tsx';
import { headHeight, rowHeight } from './items.ts';
import { countOf, type Section } from './layout.ts';
import { clustersText } from './text.ts';
import './cluster-section.css';
import type { Collapse } from './use-collapsed.ts';

/** Renders the head of a section and its rendered rows. */
export function ClusterSection({
  section,
  place,
  fold,
  collapse,
  gap,
  children,
}: {
  readonly section: Section;
  /** px. */
  readonly place: { readonly top: number; readonly height: number };
  /** Set if the section can be folded. */
  readonly fold: { readonly isFolded: boolean; readonly onFold: (folded: boolean) => void } | undefined;
  /** Set for a group, which the head collapses. */
  readonly collapse: Collapse | undefined;
  /** The gap between the rows that a dragged one would be dropped into. */
  readonly gap: number | undefined;
  readonly children: readonly ReactNode[];
}) {
  const { disconnectAll } = useActions();
  const titleId = useId();
  const count = section.count ?? countOf([section]);
  const isFolded = fold?.isFolded === true;
  return (
    <section aria-labelledby={titleId} style={place}>
      <div className="section-head" data-section={section.id}>
        <h2 id={titleId} className={isFolded ? 'for-screen-readers' : undefined} title={section.title}>
          {collapse === undefined ? (
            section.title
          ) : (
            <button
              type="button"
              className="section-toggle"
              aria-expanded={!collapse.isCollapsed}
              onClick={() => collapse.onCollapse(!collapse.isCollapsed)}
            >
              <ChevronDown className="section-toggle-mark" size={12} aria-hidden />
              <span className="section-toggle-title">{section.title}</span>
            </button>
          )}
        </h2>
        {section.id !== 'found' && !isFolded && <span>{count}</span>}
        {section.id === 'connected' && count > 1 && (
          <button type="button" className="link-button" onClick={() => void disconnectAll()}>
            {clustersText.sections.disconnectAll}
          </button>
        )}
        {fold !== undefined && (
          <button
            type="button"
            className="link-button"
            aria-expanded={!isFolded}
            aria-label={isFolded ? undefined : clustersText.sections.hideDenied}
            onClick={() => fold.onFold(!isFolded)}
          >
            {isFolded ? clustersText.sections.showDenied(count) : clustersText.sections.hide}
          </button>
        )}
      </div>
      {children.length > 0 && <ul>{children}</ul>}
      {gap !== undefined && (
        <div className="drop-line" style={{ top: headHeight + gap * rowHeight }} aria-hidden />
      )}
    </section>
  );
}
