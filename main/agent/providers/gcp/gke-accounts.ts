import { cellId } from '../../../model/cluster.ts';
import type { CellResult, DiscoverySource } from '../discovery-source.ts';
import { gcpAccounts } from './credential-files.ts';
import { createGkeSource } from './gke.ts';

type Run = Parameters<DiscoverySource['discover']>[0];
type Account = string | undefined;
type Parts = Omit<Parameters<typeof createGkeSource>[0], 'account'> & {
  /** The account that the user chose for each project. */
  readonly chosen?: Readonly<Record<string, string>> | undefined;
};

/**
 * Google Kubernetes Engine with every Google account of this computer: our own sessions and the application-default
 * credentials. A project that several see is read with the one that the user chose for it, else with the first one.
 * Clusters that another account than the first one lists say so, and get its credentials.
 */
export function createGkeAccountsSource(parts: Parts): DiscoverySource {
  const { chosen = {} } = parts;
  const sources = new Map<Account, DiscoverySource>();
  const sourceOf = (account: Account) => {
    const source = sources.get(account) ?? createGkeSource({ ...parts, account });
    sources.set(account, source);
    return source;
  };
  return {
    source: 'gke',
    async discover(run) {
      const accounts = await gcpAccounts(parts);
      const [first, ...others] = accounts;
      if (others.length === 0) return sourceOf(first).discover(run);
      const ownerOf = ({ account: project, credential }: Run['known'][number]) => {
        const named = [chosen[project], credential?.kind === 'gke' ? credential.account : undefined];
        return named.find((one) => one !== undefined && accounts.includes(one)) ?? first;
      };
      const results = createResults(run, (account, project) =>
        account !== undefined && chosen[project] === account ? -1 : accounts.indexOf(account),
      );
      await Promise.all(
        accounts.map((account) =>
          sourceOf(account).discover(runOf({ run, account, first, ownerOf, onCell: results.add(account) })),
        ),
      );
      results.reportFailures();
    },
  };
}

/** Returns the run of one account: with the clusters that it listed before, and their locations. */
function runOf(options: {
  readonly run: Run;
  readonly account: Account;
  readonly first: Account;
  readonly ownerOf: (cluster: Run['known'][number]) => Account;
  readonly onCell: Run['onCell'];
}): Run {
  const { run, account, first, ownerOf, onCell } = options;
  const known = run.known.filter((cluster) => ownerOf(cluster) === account);
  const own = new Set(known.map(({ account: project }) => project));
  const all = new Set(run.known.map(({ account: project }) => project));
  // The first one reads what nobody has clusters in.
  const cells = run.cells.filter(
    ({ account: project }) => own.has(project) || (account === first && !all.has(project)),
  );
  return { ...run, known, cells, onCell };
}

/** Reports what any account lists at once, and failures only of locations that none could read. */
function createResults(run: Run, rankOf: (account: Account, project: string) => number) {
  /** The rank of the account that each location was listed with: the lowest one counts. */
  const listed = new Map<string, number>();
  const held = new Map<string, CellResult>();
  return {
    add:
      (account: Account): Run['onCell'] =>
      (result) => {
        const { source, account: project, region } = result.cell;
        const id = cellId(source, project, region);
        const { outcome } = result;
        if (outcome.kind !== 'listed') {
          if (!held.has(id) || outcome.kind === 'failed') held.set(id, result);
          return;
        }
        const rank = rankOf(account, project);
        if ((listed.get(id) ?? rank) < rank) return;
        listed.set(id, rank);
        const clusters = outcome.clusters.map((cluster) =>
          account === undefined ? cluster : { ...cluster, credential: { kind: 'gke', account } as const },
        );
        run.onCell({ ...result, outcome: { ...outcome, clusters } });
      },
    reportFailures() {
      for (const [id, result] of held) if (!listed.has(id)) run.onCell(result);
    },
  };
}
