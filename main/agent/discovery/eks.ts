import pLimit from 'p-limit';
import { type AppError, toPlainError } from '../app-error.ts';
import type { Cluster } from '../catalog/cluster.ts';
import type { Network } from '../network/network.ts';
import type { Clock } from '../parts.ts';
import { type AwsAccount, createAwsAccounts, profilesOf } from './aws-accounts.ts';
import { type AwsPlaces, type AwsProfile, awsProfiles } from './aws-profiles.ts';
import { regionsFor } from './aws-regions.ts';
import { readCell } from './eks-cell.ts';
import { createEksClients } from './eks-clients.ts';
import type { CellOutcome, DiscoverySource } from './source.ts';

/** Requests in flight at once, over all accounts and regions. */
const concurrency = 256;

type Discover = Parameters<DiscoverySource['discover']>[0];

/**
 * Amazon EKS: every account that the profiles of this computer reach, in every region. A cell is an account in a
 * region. `regions` is the setting; undefined or empty means the regions that are on by default and those that the
 * profiles name. `AWS_ENDPOINT_URL` and `AWS_ENDPOINT_URL_EKS` lead elsewhere, as the SDK has them.
 */
export function createEksSource(
  options: AwsPlaces & {
    readonly network: Network;
    readonly clock: Clock;
    readonly regions?: readonly string[] | undefined;
  },
): DiscoverySource {
  const accounts = createAwsAccounts(options);
  return {
    source: 'eks',
    async discover(run) {
      const profiles = await awsProfiles(options);
      if (profiles.length === 0) return;
      const limit = pLimit(concurrency);
      const clients = createEksClients(options);
      const reading: Promise<void>[] = [];
      const found = new Map<string, AwsAccount>();
      const opened: Promise<unknown> = accounts
        .open({
          profiles,
          signal: run.signal,
          onAccount(account) {
            found.set(account.id, account);
            const task = readAccount(account);
            reading.push(task);
            // Awaited below, after the logins.
            task.catch(() => {});
          },
        })
        .then((failures) => tellFailures({ failures, found, run }));

      const readAccount = async (account: AwsAccount): Promise<void> => {
        const regions = regionsFor({
          setting: options.regions,
          home: account.logins[0]?.profile.region,
          named: profiles.map(({ region }) => region),
        });
        run.onPlanned(regions.length);
        const cells = await Promise.all(
          regions.map(async (region) => {
            const refused = new Set<string>();
            const outcome = await readCell({
              account,
              region,
              opened,
              limit,
              run,
              refused,
              clients,
              now: options.clock.now,
            });
            run.signal.throwIfAborted();
            // Held back: whether the region is off or the keys are bad shows when all regions have answered.
            if (outcome.kind !== 'not-enabled') tell({ account, region, refused, outcome, run });
            return { region, refused, outcome, told: account.logins.length };
          }),
        );
        const off = cells.filter(({ outcome }) => outcome.kind === 'not-enabled');
        const [login] = account.logins;
        const unknownKeys =
          off.length === cells.length && login !== undefined
            ? await accounts.identify(login, run.signal).then(() => undefined, failed)
            : undefined;
        run.signal.throwIfAborted();
        for (const cell of off) tell({ account, run, ...cell, outcome: unknownKeys ?? cell.outcome });

        await opened;
        for (const cell of cells) {
          const { outcome, told } = cell;
          // Told again, with the profiles that were slower.
          if (told < account.logins.length && 'clusters' in outcome) tell({ account, run, ...cell });
        }
      };

      try {
        await opened;
      } finally {
        await Promise.allSettled(reading);
      }
      await Promise.all(reading);
    },
  };
}

function failed(error: unknown): CellOutcome {
  return { kind: 'failed', error: toPlainError(error) };
}

/** Tells a result, its clusters with every profile that has reached their account so far. */
function tell(options: {
  readonly account: AwsAccount;
  readonly region: string;
  readonly refused: ReadonlySet<string>;
  readonly outcome: CellOutcome;
  readonly run: Discover;
}): void {
  const { account, region, refused, outcome, run } = options;
  const profiles = profilesOf(account, refused);
  const complete = (cluster: Cluster): Cluster =>
    cluster.credential?.kind === 'eks'
      ? { ...cluster, credential: { ...cluster.credential, profiles } }
      : cluster;
  run.onCell({
    cell: { source: 'eks', account: account.id, region },
    outcome:
      outcome.kind === 'not-enabled'
        ? outcome
        : { ...outcome, clusters: (outcome.clusters ?? []).map(complete) },
  });
}

/** A profile that cannot log in fails every cell that it alone was known to reach, else one that bears its name. */
function tellFailures(options: {
  readonly failures: readonly { readonly profile: AwsProfile; readonly error: AppError }[];
  readonly found: ReadonlyMap<string, AwsAccount>;
  readonly run: Discover;
}): void {
  const { failures, found, run } = options;
  run.signal.throwIfAborted();
  const told = new Set<string>();
  for (const { profile, error } of failures) {
    const reached = run.known.filter(
      ({ credential }) => credential?.kind === 'eks' && credential.profiles.includes(profile.name),
    );
    const places =
      reached.length > 0
        ? reached.filter(({ account }) => !found.has(account))
        : [{ account: `profile:${profile.name}`, region: '*' }];
    for (const { account, region } of places) {
      const key = `${account}/${region}`;
      if (told.has(key)) continue;
      told.add(key);
      run.onPlanned(1);
      run.onCell({ cell: { source: 'eks', account, region }, outcome: failed(error) });
    }
  }
}
