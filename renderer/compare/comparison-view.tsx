import { CircleStop, Copy, RefreshCw } from 'lucide-react';
import { useId, useMemo, useState } from 'react';
import type { ClusterId } from '../../main/model/cluster.ts';
import type { Comparison } from '../../main/model/comparison.ts';
import { comparisonBlocks } from '../../main/model/comparison-lines.ts';
import { comparisonMarkdown } from '../../main/model/comparison-markdown.ts';
import { comparisonSummary } from '../../main/model/comparison-summary.ts';
import { namespaceOf } from '../../main/model/entry-form.ts';
import { isProduction } from '../../main/model/is-production.ts';
import { needsSignIn } from '../../main/model/needs-sign-in.ts';
import { onlyDifferent } from '../../main/model/only-different.ts';
import { type WorkloadKind, workloadKinds } from '../../main/model/workload-kinds.ts';
import { useAgent } from '../agent/page.tsx';
import { CopyButton } from '../controls/copy-button.tsx';
import { Switch } from '../controls/switch.tsx';
import { useIsWide } from '../window-width.ts';
import { ComparisonTable, type TableColumn } from './comparison-table.tsx';
import { ConfirmReading } from './confirm-reading.tsx';
import { NamespacesChoice } from './namespaces-form.tsx';
import { compareText } from './text.ts';
import { type Asked, type Reading, useComparison } from './use-comparison.ts';
import './comparison-view.css';

/** Shows versions, nodes and workloads of clusters side by side, as `k8s-tunnels compare` does. */
export function ComparisonView({
  clusters,
  onAccounts,
}: {
  readonly clusters: readonly ClusterId[];
  readonly onAccounts: () => void;
}) {
  const { asked, reading, comparison, read, stop } = useComparison(clusters);
  const [onlyDifferences, setOnlyDifferences] = useState(false);
  const isReading = reading.status === 'reading';
  const shown = useMemo(
    () => comparison && (onlyDifferences ? onlyDifferent(comparison) : comparison),
    [comparison, onlyDifferences],
  );
  const blocks = useMemo(() => (shown === undefined ? [] : comparisonBlocks(shown)), [shown]);
  const columns = useColumns(clusters, asked, comparison, isReading);
  const needsSession = columns.some(({ error }) => error !== undefined && needsSignIn(error));
  return (
    <div className="comparison-view">
      <div className="comparison-tools">
        {/* biome-ignore lint/a11y/noLabelWithoutControl: the switch is an input. */}
        <label className="only-different">
          <Switch label={compareText.onlyDifferent} isOn={onlyDifferences} onChange={setOnlyDifferences} />
          <span aria-hidden>{compareText.onlyDifferent}</span>
        </label>
        <KindChoice kind={asked.kind} onKind={(kind) => read({ kind })} />
        <NamespacesChoice
          columns={columns}
          given={asked.namespaces}
          onRead={(namespaces) => read({ namespaces })}
        />
        <Buttons isReading={isReading} shown={shown} onRead={() => read()} onStop={stop} />
      </div>
      <div className="comparison-state">
        <Progress reading={reading} count={clusters.length} comparison={comparison} />
        {needsSession && !isReading && (
          <button type="button" className="button small" onClick={onAccounts}>
            {compareText.signIn}
          </button>
        )}
      </div>
      <ComparisonTable columns={columns} blocks={blocks} isReading={isReading} />
      <ConfirmReading
        error={reading.status === 'unconfirmed' ? reading.error : undefined}
        onNo={stop}
        onYes={() => read({ production: true })}
      />
    </div>
  );
}

/** Reads again, or stops; and copies what is shown. Icons where there is little room. */
function Buttons({
  isReading,
  shown,
  onRead,
  onStop,
}: {
  readonly isReading: boolean;
  readonly shown: Comparison | undefined;
  readonly onRead: () => void;
  readonly onStop: () => void;
}) {
  const isWide = useIsWide();
  const title = isReading ? compareText.stop : compareText.refresh;
  const Icon = isReading ? CircleStop : RefreshCw;
  return (
    <span className="comparison-buttons">
      {/* One button, so that the focus stays. */}
      <button
        type="button"
        className={isWide ? 'button small' : 'icon-button small'}
        aria-label={title}
        title={title}
        onClick={isReading ? onStop : onRead}
      >
        {isWide ? title : <Icon size={14} aria-hidden />}
      </button>
      {shown === undefined ? (
        // Holds its position.
        <button
          type="button"
          className={isWide ? 'button small' : 'icon-button small'}
          aria-label={compareText.copy}
          disabled
        >
          {isWide ? compareText.copy : <Copy size={14} aria-hidden />}
        </button>
      ) : (
        <CopyButton
          label={compareText.copy}
          value={() => comparisonMarkdown(shown)}
          {...(isWide ? { children: compareText.copy } : {})}
        />
      )}
    </span>
  );
}

/** Returns the columns of the last result, or those that are being read. */
function useColumns(
  clusters: readonly ClusterId[],
  { namespaces }: Asked,
  comparison: Comparison | undefined,
  isReading: boolean,
): readonly TableColumn[] {
  const known = useAgent((agent) => agent.clusters);
  return useMemo(() => {
    if (comparison !== undefined && !isReading) return comparison.clusters;
    return clusters.map((id, at): TableColumn => {
      const cluster = known.get(id);
      const { title = id, production = undefined } = comparison?.clusters[at] ?? cluster ?? {};
      return {
        cluster: id,
        title,
        namespace: namespaces.get(id) ?? (cluster && namespaceOf(cluster)) ?? 'default',
        ...(production === true || (cluster !== undefined && isProduction(cluster))
          ? { production: true }
          : {}),
      };
    });
  }, [clusters, namespaces, comparison, isReading, known]);
}

function KindChoice({
  kind,
  onKind,
}: {
  readonly kind: WorkloadKind | undefined;
  readonly onKind: (kind: WorkloadKind | undefined) => void;
}) {
  const id = useId();
  return (
    <>
      <label className="for-screen-readers" htmlFor={id}>
        {compareText.kind}
      </label>
      <select
        id={id}
        className="select small"
        value={kind ?? ''}
        onChange={({ target }) => onKind(workloadKinds.find((one) => one === target.value))}
      >
        <option value="">{compareText.allKinds}</option>
        {workloadKinds.map((one) => (
          <option key={one} value={one}>
            {compareText.kinds(one)}
          </option>
        ))}
      </select>
    </>
  );
}

/** Says how far the reading is, or what it found. */
function Progress({
  reading,
  count,
  comparison,
}: {
  readonly reading: Reading;
  readonly count: number;
  readonly comparison: Comparison | undefined;
}) {
  const before = comparison === undefined ? '' : ` ${compareText.before}`;
  switch (reading.status) {
    case 'reading':
      return (
        <p role="status">
          {compareText.reading(count)} <small>{compareText.readingHint}</small>
        </p>
      );
    case 'read':
      return (
        <p role="status">
          {comparison !== undefined && comparisonSummary(comparison)}{' '}
          <small>{compareText.table.legend}</small>
        </p>
      );
    case 'stopped':
      return (
        <p role="status">
          {compareText.stopped}
          {before}
        </p>
      );
    case 'unconfirmed':
      return <p role="status">{reading.error.message}</p>;
    case 'failed': {
      const { message, hint } = reading.error;
      return (
        <p role="alert">
          <b>{compareText.failed}</b> {message} {hint}
          {before}
        </p>
      );
    }
  }
}
