import { useEffect, useRef, useState } from 'react';
import { type PlainError, toPlainError } from '../../main/model/app-error.ts';
import type { ClusterId } from '../../main/model/cluster.ts';
import type { Comparison } from '../../main/model/comparison.ts';
import type { WorkloadKind } from '../../main/model/workload-kinds.ts';
import { asksAboutProduction } from '../agent/asks-about-production.ts';
import { useActions } from '../agent/page.tsx';

/** The progress of the last reading, and its result. */
export type Reading =
  | { readonly status: 'reading' | 'read' | 'stopped' }
  /** `unconfirmed`: the user is asked about production first. */
  | { readonly status: 'failed' | 'unconfirmed'; readonly error: PlainError };

/** What is read. */
export interface Asked {
  /** By cluster. The others are read in the namespace of their tag, or in `default`. */
  readonly namespaces: ReadonlyMap<ClusterId, string>;
  /** All kinds where undefined. */
  readonly kind: WorkloadKind | undefined;
  /** The user confirmed production on this page. */
  readonly production?: true;
}

/**
 * Compares clusters now, and whenever `read` is called with what to change. Ends a reading that is no longer wanted.
 * `comparison` is the last result.
 */
export function useComparison(clusters: readonly ClusterId[]): {
  readonly asked: Asked;
  readonly reading: Reading;
  readonly comparison: Comparison | undefined;
  read(change?: Partial<Asked>): void;
  stop(): void;
} {
  const { compare } = useActions();
  const [asked, setAsked] = useState<Asked>({ namespaces: new Map(), kind: undefined });
  const [reading, setReading] = useState<Reading>({ status: 'reading' });
  const [comparison, setComparison] = useState<Comparison>();
  const running = useRef<AbortController>(undefined);
  useEffect(() => {
    const abort = new AbortController();
    running.current = abort;
    const { namespaces, kind, production } = asked;
    setReading({ status: 'reading' });
    compare(
      {
        clusters: clusters.map((cluster) => ({ cluster, namespace: namespaces.get(cluster) })),
        kind,
        production,
      },
      abort.signal,
    ).then(
      (result) => {
        if (abort.signal.aborted) return;
        setComparison(result);
        setReading({ status: 'read' });
      },
      (error: unknown) => {
        if (abort.signal.aborted) return;
        const status = asksAboutProduction(error) ? 'unconfirmed' : 'failed';
        setReading({ status, error: toPlainError(error) });
      },
    );
    return () => abort.abort();
  }, [compare, clusters, asked]);
  return {
    asked,
    reading,
    comparison,
    read: (change = {}) => setAsked((before) => ({ ...before, ...change })),
    stop() {
      running.current?.abort();
      setReading({ status: 'stopped' });
    },
  };
}
