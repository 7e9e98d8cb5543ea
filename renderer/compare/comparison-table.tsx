import { type CSSProperties, Fragment, memo, useState } from 'react';
import type { ClusterId } from '../../main/model/cluster.ts';
import type { ComparedColumn } from '../../main/model/comparison.ts';
import type { ComparisonBlock, ComparisonLine } from '../../main/model/comparison-lines.ts';
import { MixedScriptsBadge } from '../controls/mixed-scripts-badge.tsx';
import { ProductionBadge } from '../controls/production-badge.tsx';
import { ColumnState } from './column-state.tsx';
import { compareText } from './text.ts';
import './comparison-table.css';

const { table: text } = compareText;

/** How many blocks of lines are drawn at first, and with each press: a namespace may have thousands of workloads. */
const blocksAtOnce = (columns: number) => Math.max(10, Math.floor(400 / columns));

/** A cluster of the table, before and after it was read. */
export type TableColumn = Pick<ComparedColumn, 'cluster' | 'title' | 'production' | 'namespace'> &
  Partial<Pick<ComparedColumn, 'error' | 'gaps'>>;

/** Shows clusters side by side. The first column and the heads stay in view while the table scrolls. */
export function ComparisonTable({
  columns,
  blocks,
  isReading,
}: {
  readonly columns: readonly TableColumn[];
  readonly blocks: readonly ComparisonBlock[];
  readonly isReading: boolean;
}) {
  const step = blocksAtOnce(columns.length);
  const [most, setMost] = useState(step);
  const isPartial = columns.some(({ error, gaps = [] }) => error !== undefined || gaps.length > 0);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls can be scrolled with the keyboard.
    <section className="comparison-scroll" tabIndex={0} aria-label={text.title}>
      <table
        className="comparison"
        aria-busy={isReading}
        style={{ '--columns': columns.length } as CSSProperties}
      >
        <caption className="for-screen-readers">{text.caption}</caption>
        <thead>
          <tr>
            <td />
            {columns.map(({ cluster, title, production }) => (
              <th key={cluster} scope="col">
                <bdi>{title}</bdi> <ProductionBadge cluster={{ production }} />
                <MixedScriptsBadge title={title} />
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          <tr data-quiet>
            <th scope="row">{text.namespace}</th>
            {columns.map(({ cluster, namespace }) => (
              <td key={cluster}>{namespace}</td>
            ))}
          </tr>
          {isReading && (
            <tr data-quiet>
              <th scope="row">{text.state}</th>
              {columns.map(({ cluster }) => (
                <td key={cluster}>
                  <ColumnState id={cluster} />
                </td>
              ))}
            </tr>
          )}
          {!isReading && isPartial && (
            <tr>
              <th scope="row">{text.notRead}</th>
              {columns.map((column) => (
                <td key={column.cluster}>
                  <NotRead column={column} />
                </td>
              ))}
            </tr>
          )}
        </tbody>
        {blocks.slice(0, most).map((block) => (
          <Block key={block.heading.label} block={block} columns={columns} />
        ))}
      </table>
      {blocks.length > most && (
        <button type="button" className="button small more-blocks" onClick={() => setMost(most + step)}>
          {text.more(Math.min(step, blocks.length - most))}
        </button>
      )}
    </section>
  );
}

/** Shows why nothing of a cluster could be read, or which parts could not. */
function NotRead({ column: { error, gaps = [] } }: { readonly column: TableColumn }) {
  if (error !== undefined)
    return (
      <p className="not-read">
        {error.message} {error.hint}
      </p>
    );
  return gaps.map(({ of, error: why }) => (
    <p className="not-read" data-partial key={of}>
      <b>{of}</b> {/* The hint for a missing namespace is for the command line. */}
      {why.message} {of === 'namespace' ? '' : why.hint}
    </p>
  ));
}

const Block = memo(function Block({
  block: { heading, lines },
  columns,
}: {
  readonly block: ComparisonBlock;
  readonly columns: readonly { readonly cluster: ClusterId }[];
}) {
  return (
    <tbody>
      <Line line={heading} scope="rowgroup" columns={columns} />
      {lines.map((line) => (
        <Line key={line.label} line={line} scope="row" columns={columns} />
      ))}
    </tbody>
  );
});

function Line({
  line: { label, cells, differs },
  scope,
  columns,
}: {
  readonly line: ComparisonLine;
  readonly scope: 'row' | 'rowgroup';
  readonly columns: readonly { readonly cluster: ClusterId }[];
}) {
  return (
    <tr data-differs={differs || undefined} data-heading={scope === 'rowgroup' || undefined}>
      <th scope={scope}>
        <Breakable>{label}</Breakable> {differs && <Sign />}
      </th>
      {cells.map((cell, at) => (
        <td key={columns[at]?.cluster} data-differs={cell.differs || undefined}>
          <Value>{cell.text}</Value> {cell.differs && <Sign />}
        </td>
      ))}
    </tr>
  );
}

/** A value; a sign for one that is absent is read as words. */
function Value({ children }: { readonly children: string }) {
  const words = { '?': text.unknown, '-': text.unset }[children];
  if (words === undefined)
    return (
      <bdi>
        <Breakable>{children}</Breakable>
      </bdi>
    );
  return (
    <>
      <span aria-hidden>{children}</span>
      <span className="for-screen-readers">{words}</span>
    </>
  );
}

/** Breaks a name or an image after its parts, where the column is too narrow for it. */
function Breakable({ children }: { readonly children: string }) {
  return children.split(/(?<=[/:@])/).map((part, at) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: the parts have no other.
    <Fragment key={at}>
      {at > 0 && <wbr />}
      {part}
    </Fragment>
  ));
}

/** Marks a difference for those who see no colour, and in words. */
function Sign() {
  return (
    <>
      <span className="differs-sign" aria-hidden>
        {text.sign}
      </span>
      <span className="for-screen-readers">{text.differs}</span>
    </>
  );
}
