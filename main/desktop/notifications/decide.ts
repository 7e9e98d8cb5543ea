import type { Snapshot } from '../../model/agent-view.ts';
import type { ClusterId } from '../../model/cluster.ts';
import { isUsable } from '../../model/is-usable.ts';

/** What a person is told without having asked. */
export type Told =
  | { readonly kind: 'tunnels-failed'; readonly clusters: readonly Failed[] }
  | { readonly kind: 'sign-in-needed'; readonly title: string; readonly url: string }
  | { readonly kind: 'session-ended'; readonly authDomain: string; readonly waiting: number }
  | { readonly kind: 'session-ends'; readonly authDomain: string; readonly minutes: number }
  /** The time limit of the current context is nearly over; `back` is the context after it. */
  | {
      readonly kind: 'switch-ends';
      readonly context: string;
      readonly back: string | undefined;
      readonly minutes: number;
    }
  | { readonly kind: 'clusters-found'; readonly clusters: readonly Named[] }
  | { readonly kind: 'release'; readonly version: string; readonly isRequired: boolean };

interface Named {
  readonly id: ClusterId;
  readonly title: string;
}
interface Failed extends Named {
  readonly reason: string;
}

/** What is kept from one look to the next. */
export interface Memory {
  /** When what was told last, ms since the epoch, by what it was. */
  readonly toldAt: ReadonlyMap<string, number>;
  /** Since when what waits, for others to be told with or to pass by itself. */
  readonly waitsSince: ReadonlyMap<string, number>;
  /** The clusters of the last whole discovery. */
  readonly known: ReadonlySet<ClusterId> | undefined;
}

export const nothingTold: Memory = { toldAt: new Map(), waitsSince: new Map(), known: undefined };

/** A network that comes back at once is nobody's concern. */
const lostAfterMs = 20_000;
/** What one cause ends, ends within this time, and is told together. */
const togetherMs = 2_000;
/** Who sees the browser's page needs no word. */
const signInAfterMs = 5_000;
/** The same is not told again before. */
const againMs = 10 * 60_000;
const sessionEndsMs = 10 * 60_000;
const switchEndsMs = 2 * 60_000;

/**
 * What is to be told now. The window in front shows it all: then it counts as told. `lookAgainMs` is when to ask anew
 * though nothing has happened.
 */
export function decide(options: {
  /** Undefined at the first look: what is so already is no news. */
  readonly before: Snapshot | undefined;
  readonly now: Snapshot;
  readonly memory: Memory;
  /** ms since the epoch. */
  readonly at: number;
  readonly isInFront: boolean;
}): { readonly told: readonly Told[]; readonly memory: Memory; readonly lookAgainMs: number | undefined } {
  const { now, memory, at, isInFront } = options;
  const titles = new Map(now.clusters.map(({ id, title }) => [id, title]));
  const named = (id: ClusterId): Named => ({ id, title: titles.get(id) ?? id });
  // A clock that was set back makes nothing told for ever.
  const wasTold = (key: string) =>
    Math.abs(at - (memory.toldAt.get(key) ?? Number.NEGATIVE_INFINITY)) < againMs;

  // All that wait for the sign-in are one matter: the session, not the clusters.
  const knownEnded = new Set(options.before?.endedSessions?.map(({ authDomain }) => authDomain));
  const ended = (now.endedSessions ?? []).filter(
    ({ authDomain, isRevoked }) =>
      memory.waitsSince.has(`ended ${authDomain}`) ||
      (options.before !== undefined &&
        !knownEnded.has(authDomain) &&
        (isRevoked || now.sessions.length === 0)),
  );
  const waiting = now.tunnels.filter(waitsForSignIn).length;
  const isOfSession =
    ended.length > 0 || (now.endedSessions ?? []).some(({ authDomain }) => wasTold(`ended ${authDomain}`));
  const failed = failuresIn(options).filter(
    ({ id, isSignIn }) => !wasTold(`failed ${id}`) && !(isSignIn && isOfSession),
  );
  const logins = now.logins.filter(({ title }) => !wasTold(`sign-in ${title}`));
  const waits = [
    ...failed.map(({ id, since }) => ({ key: `failed ${id}`, since, untilMs: togetherMs })),
    ...ended.map(({ authDomain }) => ({ key: `ended ${authDomain}`, since: at, untilMs: togetherMs })),
    ...logins.map(({ title, since }) => ({ key: `sign-in ${title}`, since, untilMs: signInAfterMs })),
  ].map(({ key, since, untilMs }) => ({
    key,
    dueAt: (memory.waitsSince.get(key) ?? Math.min(since, at)) + untilMs,
  }));
  // kubectl tries a tunnel that has failed again: what becomes of that is told.
  const tried = now.tunnels.flatMap(({ cluster, state }) => {
    const key = `failed ${cluster}`;
    const since = memory.waitsSince.get(key);
    const isTried = state.status === 'connecting' || state.status === 'logging-in';
    return since !== undefined && isTried ? [[key, since] as const] : [];
  });
  const isDue = (key: string) => waits.some((one) => one.key === key && one.dueAt <= at);

  const told: Told[] = [];
  const keys: string[] = [];
  const tell = (what: Told, ...of: readonly string[]) => {
    told.push(what);
    keys.push(...of);
  };
  // The first that is due takes the others along.
  if (failed.some(({ id }) => isDue(`failed ${id}`))) {
    const clusters = failed.map(({ id, reason }) => ({ ...named(id), reason }));
    tell({ kind: 'tunnels-failed', clusters }, ...failed.map(({ id }) => `failed ${id}`));
  }
  for (const { authDomain } of ended)
    if (waiting > 0 && isDue(`ended ${authDomain}`))
      tell({ kind: 'session-ended', authDomain, waiting }, `ended ${authDomain}`);
  for (const { title, url } of logins)
    if (isDue(`sign-in ${title}`)) tell({ kind: 'sign-in-needed', title, url }, `sign-in ${title}`);
  for (const { authDomain, endsAt } of now.tunnels.length > 0 ? now.sessions : []) {
    const left = endsAt - at;
    const key = `session ${authDomain} ${endsAt}`;
    if (left <= 0 || left > sessionEndsMs || memory.toldAt.has(key)) continue;
    tell({ kind: 'session-ends', authDomain, minutes: Math.ceil(left / 60_000) }, key);
  }
  const { context = '', limit } = now.kubectl;
  const switchLeft = limit === undefined ? 0 : limit.until - at;
  const switchKey = `switch ${context} ${limit?.until}`;
  if (limit !== undefined && switchLeft > 0 && switchLeft <= switchEndsMs && !memory.toldAt.has(switchKey))
    tell(
      { kind: 'switch-ends', context, back: limit.back, minutes: Math.ceil(switchLeft / 60_000) },
      switchKey,
    );
  const { found, known } = foundIn(options);
  if (found.length > 0) tell({ kind: 'clusters-found', clusters: found.map(named) });

  const { release } = now;
  if (release !== undefined && !memory.toldAt.has(`release ${release.version}`)) {
    const { version, isRequired } = release;
    // One that an earlier start knew was told then.
    if (options.before === undefined && !isRequired) keys.push(`release ${version}`);
    else tell({ kind: 'release', version, isRequired }, `release ${version}`);
  }

  const pending = waits.filter(({ key }) => !keys.includes(key));
  const dueAts = [
    ...pending.map(({ dueAt }) => dueAt),
    ...now.tunnels.flatMap(({ state }) =>
      state.status === 'reconnecting' ? [state.since + lostAfterMs] : [],
    ),
    ...now.sessions.map(({ endsAt }) => endsAt - sessionEndsMs),
    ...(limit === undefined ? [] : [limit.until - switchEndsMs]),
  ].filter((dueAt) => dueAt > at);
  return {
    told: isInFront ? [] : told,
    memory: {
      toldAt: new Map([...memory.toldAt, ...keys.map((key) => [key, at] as const)]),
      waitsSince: new Map([
        ...pending.map(({ key }) => [key, memory.waitsSince.get(key) ?? at] as const),
        ...tried,
      ]),
      known,
    },
    lookAgainMs: dueAts.length === 0 ? undefined : Math.min(...dueAts) - at,
  };
}

/** Tunnels that stood and do not any more. One that could not be opened is told to whoever opened it. */
function failuresIn({ before, now, memory, at }: Parameters<typeof decide>[0]) {
  const stood = new Set(before?.tunnels.flatMap(({ cluster, state }) => (isUsable(state) ? [cluster] : [])));
  return now.tunnels.flatMap(({ cluster: id, state }) => {
    const isLost = state.status === 'reconnecting' && at - state.since >= lostAfterMs;
    const hasFailed = state.status === 'failed' && (stood.has(id) || memory.waitsSince.has(`failed ${id}`));
    if (!isLost && !hasFailed) return [];
    return [{ id, since: at, reason: state.failure.error.message, isSignIn: waitsForSignIn({ state }) }];
  });
}

function waitsForSignIn({ state }: Pick<Snapshot['tunnels'][number], 'state'>): boolean {
  return state.status === 'failed' && state.failure.error.code === 'access-login-needed';
}

/** What a whole discovery found that the one before it had not. */
function foundIn({ before, now, memory }: Parameters<typeof decide>[0]): {
  readonly found: readonly ClusterId[];
  readonly known: Memory['known'];
} {
  if (now.discovery.status === 'running' || now.discovery.finishedAt === undefined)
    return { found: [], known: memory.known };
  const ids = now.clusters.map(({ id }) => id);
  const hasEnded = before?.discovery.status === 'running';
  if (memory.known !== undefined && !hasEnded) return { found: [], known: memory.known };
  const { known } = memory;
  const found =
    known === undefined || !now.settings.notifyNewClusters ? [] : ids.filter((id) => !known.has(id));
  return { found, known: new Set(ids) };
}
