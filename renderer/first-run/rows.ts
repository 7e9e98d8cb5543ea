import type { Account } from '../../main/model/account.ts';
import type { Cell, Cluster, Source } from '../../main/model/cluster.ts';
import type { Findings } from '../../main/model/findings.ts';
import { isFailed } from '../../main/model/is-failed.ts';
import { needsSignIn } from '../../main/model/needs-sign-in.ts';
import { stateOf, statusOf } from '../accounts/account-state.ts';
import { isOwn, type OwnAccount } from '../agent/sign-ins.ts';
import { firstRunText } from './text.ts';

/** A provider and what this computer has for it. */
export interface FoundRow {
  readonly kind: 'aws' | 'gcp' | 'azure' | 'vault' | 'file' | 'access';
  readonly state: 'ready' | 'attention' | 'none';
  /** Names and numbers, no secrets. */
  readonly lines: readonly string[];
  /** The action that helps. */
  readonly help:
    | { readonly kind: 'sign-in'; readonly account: OwnAccount }
    | { readonly kind: 'copy'; readonly command: string }
    /** Sign in to AWS with the start URL of an access portal. */
    | { readonly kind: 'portal' }
    | { readonly kind: 'settings' }
    | undefined;
}

const shownSessions = 2;

const sources = {
  aws: 'eks',
  gcp: 'gke',
  azure: 'aks',
  vault: 'vault',
  file: 'file',
  access: undefined,
} as const satisfies Record<FoundRow['kind'], Source | undefined>;
const commands = {
  gcp: 'gcloud auth application-default login',
  vault: 'vault login',
} as const;

export function foundRows(
  accounts: readonly Account[],
  findings: Findings,
  now: number,
  /** Sources that the organisation has turned off. */
  off: readonly Source[] = [],
): readonly FoundRow[] {
  const of = (provider: Account['provider']) => accounts.filter((account) => account.provider === provider);
  return [
    awsRow(of('aws'), findings.awsProfiles, now),
    gcpRow(of('gcp'), findings.gcloudAccount, now),
    azureRow(of('azure'), now),
    vaultRow(of('vault'), now),
    fileRow(findings.clusterFiles),
    ...accessRows(of('access'), now),
  ].filter(({ kind }) => {
    const source = sources[kind];
    return source === undefined || !off.includes(source);
  });
}

function awsRow(sessions: readonly Account[], profiles: readonly string[], now: number): FoundRow {
  const named = profiles.map((name) => (name === '' ? firstRunText.environment : name));
  const more = sessions.length - shownSessions;
  const lines = [
    ...(named.length === 0 ? [] : [firstRunText.profiles(named)]),
    ...sessions
      .slice(0, shownSessions)
      .map((account) => firstRunText.session(account.session, stateOf(account, now))),
    ...(more > 0 ? [firstRunText.moreSessions(more)] : []),
  ];
  if (lines.length === 0)
    return {
      kind: 'aws',
      state: 'none',
      lines: [firstRunText.awsNone],
      help: { kind: 'portal' },
    };
  // Several names of one portal need one sign-in: the agent decides which.
  const isAnyOpen = sessions.some((session) => statusOf(session, now) === 'signed-in');
  const own = sessions.filter(isOwn);
  const account = own.find(({ needed }) => needed) ?? (isAnyOpen ? undefined : own[0]);
  const help = account === undefined ? undefined : ({ kind: 'sign-in', account } as const);
  return { kind: 'aws', state: help === undefined || isAnyOpen ? 'ready' : 'attention', lines, help };
}

function gcpRow(accounts: readonly Account[], gcloud: string | undefined, now: number): FoundRow {
  const own = firstSignedOut(accounts, now);
  if (own !== undefined)
    return {
      kind: 'gcp',
      state: own.needed ? 'attention' : 'none',
      lines: [userText(own, now), ...(own.blocked === undefined ? [] : [own.blocked])],
      help: signInTo(own),
    };
  const [account] = accounts;
  const copy = { kind: 'copy', command: commands.gcp } as const;
  if (account !== undefined) {
    const isReady = statusOf(account, now) === 'signed-in';
    const line = userText(account, now);
    return isReady
      ? { kind: 'gcp', state: 'ready', lines: [line], help: undefined }
      : { kind: 'gcp', state: 'attention', lines: [line], help: copy };
  }
  return gcloud === undefined
    ? { kind: 'gcp', state: 'none', lines: [firstRunText.gcpNone], help: copy }
    : { kind: 'gcp', state: 'attention', lines: [firstRunText.gcloudOnly(gcloud)], help: copy };
}

function azureRow(accounts: readonly Account[], now: number): FoundRow {
  const ready = accounts.find((account) => statusOf(account, now) === 'signed-in');
  if (ready !== undefined)
    return { kind: 'azure', state: 'ready', lines: [userText(ready, now)], help: undefined };
  const own = firstSignedOut(accounts, now);
  const help = own === undefined ? undefined : signInTo(own);
  return own?.needed
    ? { kind: 'azure', state: 'attention', lines: [userText(own, now)], help }
    : { kind: 'azure', state: 'none', lines: [firstRunText.notFound], help };
}

function vaultRow(accounts: readonly Account[], now: number): FoundRow {
  const [first] = accounts;
  if (first === undefined)
    return { kind: 'vault', state: 'none', lines: [firstRunText.vaultNone], help: undefined };
  // Each Vault has a session of its own, which may be that of VAULT_TOKEN.
  const shown = [...new Set(accounts.map(({ session }) => session))].flatMap((session) => {
    const those = accounts.filter((account) => account.session === session);
    const isReady = (account: Account) => statusOf(account, now) === 'signed-in';
    return those.find(isReady) ?? those.slice(0, 1);
  });
  const lines = shown.map((account) => firstRunText.session(account.session, userText(account, now)));
  const missing = shown.filter((account) => statusOf(account, now) !== 'signed-in');
  if (missing.length === 0) return { kind: 'vault', state: 'ready', lines, help: undefined };
  const account = accounts
    .filter(isOwn)
    .find(({ session }) => missing.some((one) => one.session === session));
  return {
    kind: 'vault',
    state: 'attention',
    lines: [...lines, ...(account?.blocked === undefined ? [] : [account.blocked])],
    help: account === undefined ? { kind: 'copy', command: commands.vault } : signInTo(account),
  };
}

/** Returns the organisation's Access team. Other teams are signed in to when their clusters are connected. */
function accessRows(accounts: readonly Account[], now: number): readonly FoundRow[] {
  const account = accounts.filter(isOwn).find((one) => one.needed || statusOf(one, now) === 'signed-in');
  if (account === undefined) return [];
  const isOpen = statusOf(account, now) === 'signed-in';
  const isLater = !isOpen && account.blocked !== undefined;
  const line = firstRunText.session(
    account.session,
    isLater ? firstRunText.accessLater : userText(account, now),
  );
  const state = isOpen ? 'ready' : isLater ? 'none' : 'attention';
  return [{ kind: 'access', state, lines: [line], help: isOpen ? undefined : signInTo(account) }];
}

function signInTo(account: OwnAccount): FoundRow['help'] {
  return account.blocked === undefined ? { kind: 'sign-in', account } : undefined;
}

function fileRow(files: Findings['clusterFiles']): FoundRow {
  if (files.length === 0)
    return { kind: 'file', state: 'none', lines: [firstRunText.filesNone], help: { kind: 'settings' } };
  const broken = files.flatMap(({ error }) => (error === undefined ? [] : [error.message]));
  const good = files.filter(({ error }) => error === undefined);
  const count = good.reduce((sum, { clusters = 0 }) => sum + clusters, 0);
  const lines =
    good.length === 0
      ? []
      : [
          firstRunText.files(
            count,
            good.map(({ file }) => file),
          ),
        ];
  return {
    kind: 'file',
    state: broken.length === 0 ? 'ready' : 'attention',
    lines: [...lines, ...broken],
    help: broken.length === 0 ? undefined : { kind: 'settings' },
  };
}

/** Returns the account to sign in to if none is signed in. */
function firstSignedOut(accounts: readonly Account[], now: number): OwnAccount | undefined {
  if (accounts.some((account) => statusOf(account, now) === 'signed-in')) return undefined;
  const own = accounts.filter(isOwn);
  return own.find(({ status }) => status === 'ended') ?? own[0];
}

function userText(account: Account, now: number): string {
  const state = stateOf(account, now);
  return account.who === undefined ? state : `${account.who} · ${state}`;
}

/** The result of discovery for one provider, in the run that started at `since`. */
export interface Outcome {
  readonly clusters: number;
  readonly places: number;
  /** Failed locations, except those that only need the sign-in that the row offers. */
  readonly failed: number;
  readonly why: string | undefined;
}

export function outcomeOf(
  { kind, help }: Pick<FoundRow, 'kind' | 'help'>,
  facts: {
    readonly cells: Iterable<Cell>;
    readonly clusters: Iterable<Cluster>;
    readonly since: number | undefined;
  },
): Outcome {
  const source = sources[kind];
  const cells = [...facts.cells].filter((cell) => cell.source === source);
  const read = cells.filter(
    ({ readAt = 0, triedAt = 0 }) => facts.since === undefined || Math.max(readAt, triedAt) >= facts.since,
  );
  const failed = read.flatMap((cell) =>
    cell.error !== undefined && isFailed(cell) && !(help?.kind === 'sign-in' && needsSignIn(cell.error))
      ? [cell.error]
      : [],
  );
  let clusters = 0;
  for (const cluster of facts.clusters) if (cluster.source === source) clusters += 1;
  return {
    clusters,
    places: read.filter((cell) => !isFailed(cell)).length,
    failed: failed.length,
    why: failed[0]?.message,
  };
}
