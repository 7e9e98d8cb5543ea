import type { ReactNode } from 'react';
import { Heading } from 'react-aria-components';
import type { PlainError } from '../../main/model/app-error.ts';
import type { OpeningLine } from '../agent/opening.ts';
import { ProductionBadge } from '../controls/production-badge.tsx';
import { linksText } from './text.ts';

/** The buttons of a question. The safe answer comes first and has the focus. */
export function Answers({
  no,
  onNo,
  children,
}: {
  readonly no: string;
  readonly onNo: () => void;
  readonly children?: ReactNode;
}) {
  return (
    <div className="actions">
      {/* biome-ignore lint/a11y/noAutofocus: the safe answer has the focus. */}
      <button type="button" className="button" autoFocus onClick={onNo}>
        {no}
      </button>
      {children}
    </div>
  );
}

/** Lists clusters that a link or a set names, and why one is left out. */
export function Lines({ label, lines }: { readonly label: string; readonly lines: readonly OpeningLine[] }) {
  if (lines.length === 0) return <p>{linksText.nothingFits}</p>;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls by the keys.
    <ul tabIndex={0} aria-label={label}>
      {lines.map(({ key, title, where, cluster, why }) => (
        <li key={key} data-left={why !== undefined || undefined}>
          <span className="opening-title">
            <bdi>{title}</bdi>
            {cluster !== undefined && <ProductionBadge cluster={cluster} />}
          </span>
          <small>{why ?? where}</small>
        </li>
      ))}
    </ul>
  );
}

/** An invalid link, and why. */
export function Refused({ error, onClose }: { readonly error: PlainError; readonly onClose: () => void }) {
  return (
    <>
      <Heading slot="title">{linksText.refused}</Heading>
      <p>
        {error.message} {error.hint}
      </p>
      <Answers no={linksText.close} onNo={onClose} />
    </>
  );
}
