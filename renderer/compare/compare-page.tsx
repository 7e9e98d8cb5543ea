import { useEffect, useState } from 'react';
import type { ClusterId } from '../../main/model/cluster.ts';
import { SubPage } from '../controls/sub-page.tsx';
import { compareText } from './text.ts';

type View = typeof import('./comparison-view.tsx').ComparisonView;

/** Loads what shows a comparison: a script of its own, because the first paint does not need it. */
export function loadComparisonView(): Promise<View> {
  return import('./comparison-view.tsx').then(({ ComparisonView }) => ComparisonView);
}

/** Compares clusters, over the whole window: a column for each. */
export function ComparePage({
  clusters,
  onBack,
  onAccounts,
}: {
  /** In this order. */
  readonly clusters: readonly ClusterId[];
  readonly onBack: () => void;
  readonly onAccounts: () => void;
}) {
  const [loaded, setLoaded] = useState<{ readonly View: View } | 'failed'>();
  useEffect(() => {
    let isGone = false;
    const settle = (next: typeof loaded) => {
      if (!isGone) setLoaded(next);
    };
    loadComparisonView().then(
      (View) => settle({ View }),
      () => settle('failed'),
    );
    return () => {
      isGone = true;
    };
  }, []);
  const title = compareText.title(clusters.length);
  return (
    <SubPage title={title} fillsWindow onBack={onBack}>
      <h1 className="for-screen-readers">{title}</h1>
      {loaded === undefined && <p role="status">{compareText.loading}</p>}
      {loaded === 'failed' && (
        <div className="why" role="alert">
          <h2>{compareText.notLoaded}</h2>
          <p>{compareText.notLoadedHint}</p>
          <button type="button" className="button small" onClick={() => location.reload()}>
            {compareText.reload}
          </button>
        </div>
      )}
      {typeof loaded === 'object' && <loaded.View clusters={clusters} onAccounts={onAccounts} />}
    </SubPage>
  );
}
