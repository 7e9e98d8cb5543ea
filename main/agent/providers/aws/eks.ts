import pLimit from 'p-limit';
import { AppError, toPlainError } from '../../../model/app-error.ts';
import { type Cell, type Cluster, cellId } from '../../../model/cluster.ts';
import { createTurns } from '../../async/turns.ts';
import type { Clock } from '../../parts.ts';
import type { CellOutcome, CellResult, DiscoverySource } from '../discovery-source.ts';
import { reportGone } from '../gone.ts';
import { type AwsAccount, type AwsFailure, createAwsAccounts, waysOf } from './accounts.ts';
import type { Aws } from './aws.ts';
import { readCell } from './eks-cell.ts';
import { createEksClients } from './eks-clients.ts';
import { enabledRegions } from './enabled-regions.ts';
import { isRecent } from './memory.ts';
import { awsConfiguration, environmentProfile, hasAwsFiles } from './profiles.ts';
import { regionsFor } from './regions.ts';

/** Requests in flight at once, over all accounts and regions. */
const concurrency = 1024;
/** Cells begun at each turn of the event loop: their requests are on their way before the next are made. */
const cellsPerTurn = 4;

/** How long a region that is off is left alone; half the regions of an organisation may be, and few are ever enabled. */
const disabledLifeMs = 7 * 24 * 3_600_000;
/** The same for a run that a person asked for: who has just enabled a region looks no later than the next day. */
const disabledLifeAskedMs = 24 * 3_600_000;

type Discover = Parameters<DiscoverySource['discover']>[0];

/**
 * Amazon EKS: every account that the profiles of this computer and IAM Identity Center reach, in every region. A cell
 * is an account in a region. `regions` is the setting; undefined or empty means the regions that are on by default,
 * those that the profiles name and those that the account has enabled. `AWS_ENDPOINT_URL` and
 * `AWS_ENDPOINT_URL_<service>` lead elsewhere, as the SDK has them.
 */
export function createEksSource(options: {
  readonly aws: Aws;
  readonly regions?: readonly string[] | undefined;
}): DiscoverySource {
  const { aws } = options;
  const accounts = createAwsAccounts(aws);
  const clients = createEksClients(aws);
  const setting = options.regions ?? [];
  return {
    source: 'eks',
    async discover(run) {
      const { profiles, sessions } = await awsConfiguration(aws);
      if (profiles.length + sessions.length === 0) {
        if (await hasAwsFiles(aws)) tellUnreached({ failures: [], found: new Map(), run });
        return;
      }
      const limit = pLimit(concurrency);
      const turns = createTurns(cellsPerTurn);
      const reading: Promise<void>[] = [];
      const found = new Map<string, AwsAccount>();
      // Until Identity Center has told them again, or where its sign-in is over.
      const names = new Map(run.cells.map(({ account, accountName }) => [account, accountName]));
      const knownIn = Map.groupBy(run.known, ({ account, region }) => cellId('eks', account, region));
      const knownOff = new Set(
        run.cells.filter((cell) => isOff(cell, run.asked, aws.clock)).map(({ id }) => id),
      );
      const opened: Promise<unknown> = accounts
        .open({
          profiles,
          sessions,
          signal: run.signal,
          onAccount(account) {
            account.name ??= names.get(account.id);
            found.set(account.id, account);
            const task = readAccount(account);
            reading.push(task);
            // Awaited below, after the logins.
            task.catch(() => {});
          },
        })
        .then((failures) => {
          tellFailures({ failures, found, run });
          tellUnreached({ failures, found, run });
        });

      const readRegions = (account: AwsAccount, regions: readonly string[]) => {
        run.onPlanned(regions.length);
        const signal = AbortSignal.any([run.signal]);
        const off = regions.filter((region) => knownOff.has(cellId('eks', account.id, region)));
        for (const region of off) {
          run.onCell({ cell: cellOf(account, region), outcome: { kind: 'skipped' } });
        }
        return Promise.all(
          regions
            .filter((region) => !off.includes(region))
            .map(async (region) => {
              await turns();
              const refused = new Set<string>();
              const known = knownIn.get(cellId('eks', account.id, region)) ?? [];
              const outcome = await readCell({
                account,
                region,
                known,
                aws,
                opened,
                limit,
                run,
                refused,
                signal,
                clients,
              });
              run.signal.throwIfAborted();
              // Held back: whether it is the region or the whole account shows when all regions have answered.
              if (outcome.kind !== 'not-enabled' && !isDenied(outcome)) {
                tell({ account, region, refused, outcome, run });
              }
              return { region, refused, outcome, told: account.logins.length };
            }),
        );
      };

      const readAccount = async (account: AwsAccount): Promise<void> => {
        const regions = regionsFor({
          setting,
          home: account.logins[0]?.principal.region,
          named: profiles.map(({ region }) => region),
        });
        // Left out by the setting: nothing is read there any more.
        if (setting.length > 0)
          reportGone(run, (known) => known.account === account.id && !regions.includes(known.region));
        const [usual, more] = await Promise.all([
          readRegions(account, regions),
          setting.length > 0
            ? []
            : enabledRegions(aws, account, run.signal).then((enabled) => {
                run.signal.throwIfAborted();
                return readRegions(
                  account,
                  enabled.filter((region) => !regions.includes(region)),
                );
              }),
        ]);
        const cells = [...usual, ...more];
        const off = cells.filter(({ outcome }) => outcome.kind === 'not-enabled');
        const [login] = account.logins;
        const unknownKeys =
          off.length > 0 && off.length === cells.length && login !== undefined
            ? await accounts.identify(login, run.signal).then(() => undefined, failed)
            : undefined;
        run.signal.throwIfAborted();
        for (const cell of off) tell({ account, run, ...cell, outcome: unknownKeys ?? cell.outcome });
        const denied = cells.filter(({ outcome }) => isDenied(outcome));
        const isKnown = run.known.some((cluster) => cluster.account === account.id);
        if (denied.length > 1 && denied.length + off.length === cells.length && !isKnown) {
          // One line, not one for each region, of an account in which nobody here has any rights.
          run.onPlanned(1 - denied.length);
          run.onCell({ cell: cellOf(account, '*'), outcome: noRights(account) });
        } else {
          for (const cell of denied) tell({ account, run, ...cell });
        }

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
        await aws.memory.save();
      }
      await Promise.all(reading);
    },
  };
}

function failed(error: unknown): CellOutcome {
  return { kind: 'failed', error: toPlainError(error) };
}

/** Refused as a whole: nothing of the cell was read. */
function isDenied(outcome: CellOutcome): boolean {
  return (
    outcome.kind === 'failed' && outcome.error.code === 'aws-denied' && (outcome.clusters ?? []).length === 0
  );
}

function noRights({ id, logins }: AwsAccount): CellOutcome {
  const who = logins.map(({ principal }) => principal.title).join(', ');
  return failed(
    new AppError(
      'aws-denied',
      `No way into AWS account ${id} may call eks:ListClusters in any region (${who}).`,
      {
        hint: 'Ask an AWS administrator for a policy that allows eks:ListClusters and eks:DescribeCluster.',
      },
    ),
  );
}

function isOff({ error, triedAt }: Cell, asked: boolean, clock: Clock): boolean {
  const lifeMs = asked ? disabledLifeAskedMs : disabledLifeMs;
  return error?.code === 'aws-region-disabled' && isRecent(triedAt, clock, lifeMs);
}

/** Tells a result, its clusters with every way that has reached their account so far. */
function tell(options: {
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

function cellOf({ id, name }: Pick<AwsAccount, 'id' | 'name'>, region: string): CellResult['cell'] {
  return { source: 'eks', account: id, ...(name === undefined ? {} : { accountName: name }), region };
}

/**
 * An account that nothing reaches, though all that once did has answered or is configured no more, is gone with its
 * clusters. What the environment reached is not: another start may have another one.
 */
function tellUnreached(options: {
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

/** A profile or sign-in that fails, fails every cell that it alone was known to reach, else one that bears its name. */
function tellFailures(options: {
  readonly failures: readonly AwsFailure[];
  readonly found: ReadonlyMap<string, AwsAccount>;
  readonly run: Discover;
}): void {
  const { failures, found, run } = options;
  run.signal.throwIfAborted();
  const told = new Set<string>();
  for (const failure of failures) {
    const reached = run.known.filter(
      ({ credential }) => credential?.kind === 'eks' && credential.ways.some(failure.reaches),
    );
    const own = failure.told ? [] : [{ account: failure.account, region: '*' }];
    const principals = reached.length > 0 ? reached.filter(({ account }) => !found.has(account)) : own;
    for (const { account, region } of principals) {
      const key = `${account}/${region}`;
      if (told.has(key)) continue;
      told.add(key);
      run.onPlanned(1);
      run.onCell({ cell: { source: 'eks', account, region }, outcome: failed(failure.error) });
    }
  }
}
