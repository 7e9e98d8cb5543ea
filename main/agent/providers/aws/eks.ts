import pLimit from 'p-limit';
import { AppError } from '../../../model/app-error.ts';
import { type Cell, cellId } from '../../../model/cluster.ts';
import { createTurns } from '../../async/turns.ts';
import type { Clock } from '../../parts.ts';
import type { CellOutcome, DiscoverySource } from '../discovery-source.ts';
import { reportGone } from '../gone.ts';
import { type AwsAccount, createAwsAccounts } from './accounts.ts';
import type { Aws } from './aws.ts';
import { type CellReading, closedRegion, readCell } from './eks-cell.ts';
import { createEksClients } from './eks-clients.ts';
import {
  cellOf,
  failed,
  report,
  reportFailures,
  reportShellProfiles,
  reportUnreached,
} from './eks-report.ts';
import { enabledRegions } from './enabled-regions.ts';
import { isRecent } from './memory.ts';
import { awsConfiguration, hasAwsFiles } from './profiles.ts';
import { regionsFor } from './regions.ts';

/** The limit of concurrent requests over all accounts and regions. */
const concurrency = 1024;
/** Cells started in each turn of the event loop: their requests are sent before the next ones are created. */
const cellsPerTurn = 4;

/** How long a region that is off is skipped: half of them may be off, and they are rarely enabled. */
const disabledLifeMs = 7 * 24 * 3_600_000;
/** The same for a run that the user asked for: a newly enabled region is found on the next day at the latest. */
const disabledLifeAskedMs = 24 * 3_600_000;

/**
 * Amazon EKS: every account that this computer's profiles and IAM Identity Center reach, in every region. A cell is an
 * account in a region. `regions` is the setting; undefined or empty means the regions that are on by default, those
 * that the profiles name and those that the account has enabled. `AWS_ENDPOINT_URL` and `AWS_ENDPOINT_URL_<service>`
 * override endpoints, as in the SDK.
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
        if (await hasAwsFiles(aws)) reportUnreached({ failures: [], found: new Map(), run });
        return;
      }
      const limit = pLimit(concurrency);
      const turns = createTurns(cellsPerTurn);
      const reading: Promise<void>[] = [];
      const found = new Map<string, AwsAccount>();
      // Known names, until Identity Center reports them again, or while its session is expired.
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
          reportFailures({ failures, found, run });
          reportUnreached({ failures, found, run });
          reportShellProfiles({ profiles, failures, run });
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
              const done = run.onReading?.(cellOf(account, region));
              const { outcome, isClosed } = await readCell({
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
              }).finally(done);
              run.signal.throwIfAborted();
              // Hold denials back: the account as a whole denies only if all its regions do.
              if (outcome.kind !== 'not-enabled' && !isDenied(outcome)) {
                report({ account, region, refused, outcome, run });
              }
              return { region, refused, outcome, isClosed, reported: account.logins.length };
            }),
        );
      };

      const readAccount = async (account: AwsAccount): Promise<void> => {
        const regions = regionsFor({
          setting,
          home: account.logins[0]?.principal.region,
          named: profiles.map(({ region }) => region),
        });
        // The setting excludes these regions: nothing is read there any more.
        if (setting.length > 0)
          reportGone(run, (known) => known.account === account.id && !regions.includes(known.region));
        const [standard, more] = await Promise.all([
          readRegions(account, regions),
          setting.length > 0
            ? []
            : enabledRegions(aws, account, run.signal)
                .catch((error: unknown) => {
                  run.onPlanned(1);
                  run.onCell({ cell: cellOf(account, '*'), outcome: failed(error) });
                  return [];
                })
                .then((enabled) => {
                  run.signal.throwIfAborted();
                  return readRegions(
                    account,
                    enabled.filter((region) => !regions.includes(region)),
                  );
                }),
        ]);
        const cells = [...standard, ...more];
        const off = cells.filter(({ outcome }) => outcome.kind === 'not-enabled');
        const [login] = account.logins;
        const unknownKeys =
          off.length > 0 && off.length === cells.length && login !== undefined
            ? await accounts.identify(login, run.signal).then(() => undefined, failed)
            : undefined;
        run.signal.throwIfAborted();
        for (const cell of off) report({ account, run, ...cell, outcome: unknownKeys ?? cell.outcome });
        const denied = cells.filter(({ outcome }) => isDenied(outcome));
        const isKnown = run.known.some((cluster) => cluster.account === account.id);
        if (denied.length > 1 && denied.length + off.length === cells.length && !isKnown) {
          // Report one line, not one for each region, for an account without any permissions.
          run.onPlanned(1 - denied.length);
          run.onCell({ cell: cellOf(account, '*'), outcome: noRights(account, denied) });
        } else {
          // An organisation that allows some regions denies all others, which is no failure of each of them.
          const isUsed = cells.some(({ outcome }) => outcome.kind === 'listed');
          for (const cell of denied) {
            const { region, outcome } = cell;
            const closed = isUsed && cell.isClosed ? closedRegion(account, region) : outcome;
            report({ account, run, ...cell, outcome: closed });
          }
        }

        await opened;
        for (const cell of cells) {
          const { outcome, reported } = cell;
          // Report again, with the ways of the slower profiles.
          if (reported < account.logins.length && 'clusters' in outcome) report({ account, run, ...cell });
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

/** Returns whether the whole cell was denied: nothing in it was read. */
function isDenied(outcome: CellOutcome): boolean {
  return (
    outcome.kind === 'failed' && outcome.error.code === 'aws-denied' && (outcome.clusters ?? []).length === 0
  );
}

function noRights({ id, logins }: AwsAccount, denied: readonly CellReading[]): CellOutcome {
  const who = logins.map(({ principal }) => principal.title).join(', ');
  return failed(
    new AppError(
      'aws-denied',
      `No login for AWS account ${id} may call eks:ListClusters in any region (${who}).`,
      {
        hint: denied.every(({ isClosed }) => isClosed)
          ? 'A service control policy of the AWS organisation denies it, so that no other policy can allow it: ask an AWS administrator.'
          : 'Ask an AWS administrator for a policy that allows eks:ListClusters and eks:DescribeCluster.',
      },
    ),
  );
}

function isOff({ error, triedAt }: Cell, asked: boolean, clock: Clock): boolean {
  const lifeMs = asked ? disabledLifeAskedMs : disabledLifeMs;
  return error?.code === 'aws-region-disabled' && isRecent(triedAt, clock, lifeMs);
}
