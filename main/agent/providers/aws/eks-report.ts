import { toPlainError } from '../../../model/app-error.ts';
import type { Cluster } from '../../../model/cluster.ts';
import type { CellOutcome, CellResult, DiscoverySource } from '../discovery-source.ts';
import { reportGone } from '../gone.ts';
import { type AwsAccount, type AwsFailure, waysOf } from './accounts.ts';
import { environmentProfile } from './environment.ts';
import type { AwsPrincipal } from './profiles.ts';

type Discover = Parameters<DiscoverySource['discover']>[0];

export function failed(error: unknown): CellOutcome {
  return { kind: 'failed', error: toPlainError(error) };
}

/** Reports a result; its clusters get every way that has reached their account so far. */
export function report(options: {
  readonly account: AwsAccount;
  readonly region: string;
  readonly refused: ReadonlySet<string>;
  readonly outcome: CellOutcome;
  readonly run: Discover;
}): void {
  const { account, region, refused, outcome, run } = options;
  const ways = waysOf(account, refused);
  const cell = cellOf(account, region);
  const { accountName } = cell;
  const complete = (cluster: Cluster): Cluster => ({
    ...cluster,
    ...(accountName === undefined ? {} : { accountName }),
    ...(cluster.credential?.kind === 'eks' ? { credential: { ...cluster.credential, ways } } : {}),
  });
  run.onCell({
    cell,
    outcome:
      'clusters' in outcome ? { ...outcome, clusters: (outcome.clusters ?? []).map(complete) } : outcome,
  });
}

export function cellOf({ id, name }: Pick<AwsAccount, 'id' | 'name'>, region: string): CellResult['cell'] {
  return { source: 'eks', account: id, ...(name === undefined ? {} : { accountName: name }), region };
}

/**
 * Reports an account as gone with its clusters if nothing reaches it, and everything that once did has answered or is
 * no longer configured. Accounts reached by the environment's credentials stay: another start may have other variables.
 */
export function reportUnreached(options: {
  readonly failures: readonly AwsFailure[];
  readonly found: ReadonlyMap<string, AwsAccount>;
  readonly run: Discover;
}): void {
  const { failures, found, run } = options;
  const inDoubt = new Set(
    run.known
      .filter(({ credential }) => {
        const ways = credential?.kind === 'eks' ? credential.ways : [];
        return ways.length === 0
          ? failures.length > 0
          : ways.some(
              (way) =>
                (way.kind === 'profile' && way.name === environmentProfile) ||
                failures.some(({ reaches }) => reaches(way)),
            );
      })
      .map(({ account }) => account),
  );
  reportGone(run, ({ account }) => !found.has(account) && !inDoubt.has(account));
}

/**
 * Reports the profiles that went on from the keys of the environment as read: in the shell that has these keys, which the
 * agent does not have, so that the agent's failure is none for this shell.
 */
export function reportShellProfiles(options: {
  readonly profiles: readonly AwsPrincipal[];
  readonly failures: readonly AwsFailure[];
  readonly run: Discover;
}): void {
  const { profiles, failures, run } = options;
  for (const { chain, way } of profiles) {
    if (chain?.source.kind !== 'environment' || failures.some(({ reaches }) => reaches(way))) continue;
    run.onPlanned(1);
    const account = `profile:${way.kind === 'profile' ? way.name : ''}`;
    run.onCell({ cell: { source: 'eks', account, region: '*' }, outcome: { kind: 'listed', clusters: [] } });
  }
}

/** Reports a failed profile or session: fails cells that only it was known to reach, else one with its name. */
export function reportFailures(options: {
  readonly failures: readonly AwsFailure[];
  readonly found: ReadonlyMap<string, AwsAccount>;
  readonly run: Discover;
}): void {
  const { failures, found, run } = options;
  run.signal.throwIfAborted();
  const reported = new Set<string>();
  for (const failure of failures) {
    const reached = run.known.filter(
      ({ credential }) => credential?.kind === 'eks' && credential.ways.some(failure.reaches),
    );
    const own = failure.reported ? [] : [{ account: failure.account, region: '*' }];
    const principals = reached.length > 0 ? reached.filter(({ account }) => !found.has(account)) : own;
    for (const { account, region } of principals) {
      const key = `${account}/${region}`;
      if (reported.has(key)) continue;
      reported.add(key);
      run.onPlanned(1);
      run.onCell({ cell: { source: 'eks', account, region }, outcome: failed(failure.error) });
    }
  }
}
