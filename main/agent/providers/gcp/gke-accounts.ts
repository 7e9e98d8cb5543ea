import { cellId } from '../../../model/cluster.ts';
import type { CellResult, DiscoverySource } from '../discovery-source.ts';
import { gcpAccounts, secondAccount } from './adc.ts';
import { createGkeSource } from './gke.ts';

type Run = Parameters<DiscoverySource['discover']>[0];
type Parts = Parameters<typeof createGkeSource>[0];

/**
 * Google Kubernetes Engine with every Google account of this computer: our own session and the application-default
 * credentials. A project that both see is read with the first one. Clusters that only the second one lists say so, and
 * get its credentials.
 */
export function createGkeAccountsSource(parts: Parts): DiscoverySource {
  const first = createGkeSource(parts);
  const second = createGkeSource({ ...parts, account: secondAccount });
  return {
    source: 'gke',
    async discover(run) {
      const accounts = await gcpAccounts(parts);
      if (!accounts.includes(secondAccount)) return first.discover(run);
      const results = createResults(run);
      await Promise.all([
        first.discover(runOf(run, undefined, results.add(0))),
        second.discover(runOf(run, secondAccount, results.add(1))),
      ]);
      results.reportFailures();
    },
  };
}

/** Returns the run of one account: with the clusters that it listed before, and their locations. */
function runOf(run: Run, account: typeof secondAccount | undefined, onCell: Run['onCell']): Run {
  const known = run.known.filter(
    ({ credential }) => (credential?.kind === 'gke' ? credential.account : undefined) === account,
  );
  const others = new Set(
    run.known.filter((cluster) => !known.includes(cluster)).map(({ account: project }) => project),
  );
  const cells = run.cells.filter(({ account: project }) =>
    account === undefined ? !others.has(project) : known.some((cluster) => cluster.account === project),
  );
  return { ...run, known, cells, onCell };
}

/** Reports what either account lists at once, and failures only of locations that neither could read. */
function createResults(run: Run) {
  /** The account that each location was listed with. */
  const listed = new Map<string, number>();
  const held = new Map<string, CellResult>();
  return {
    add:
      (account: number): Run['onCell'] =>
      (result) => {
        const { source, account: project, region } = result.cell;
        const id = cellId(source, project, region);
        const { outcome } = result;
        if (outcome.kind !== 'listed') {
          if (!held.has(id) || outcome.kind === 'failed') held.set(id, result);
          return;
        }
        if ((listed.get(id) ?? account) < account) return;
        listed.set(id, account);
        const clusters = outcome.clusters.map((cluster) =>
          account === 0
            ? cluster
            : { ...cluster, credential: { kind: 'gke', account: secondAccount } as const },
        );
        run.onCell({ ...result, outcome: { ...outcome, clusters } });
      },
    reportFailures() {
      for (const [id, result] of held) if (!listed.has(id)) run.onCell(result);
    },
  };
}
