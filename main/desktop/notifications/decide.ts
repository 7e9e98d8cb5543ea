import type { Snapshot } from '../../model/agent-view.ts';
import type { ClusterId } from '../../model/cluster.ts';
import { isUsable } from '../../model/is-usable.ts';

/** A notification about something that the user did not ask for. */
export type Notification =
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
  /** An AI client waits for the user's answer. */
  | { readonly kind: 'confirmation-needed'; readonly client: string; readonly title: string }
  | { readonly kind: 'clusters-found'; readonly clusters: readonly Named[] }
  | { readonly kind: 'release'; readonly version: string; readonly isRequired: boolean };

interface Named {
  readonly id: ClusterId;
  readonly title: string;
}
interface Failed extends Named {
  readonly reason: string;
}

/** State between two calls of `decide`. */
export interface Memory {
  /** When each notification was last shown, ms since the epoch, by its key. */
  readonly notifiedAt: ReadonlyMap<string, number>;
  /** Since when each pending notification waits, to be grouped with others or to resolve. */
  readonly waitsSince: ReadonlyMap<string, number>;
  /** The clusters of the last complete discovery. */
  readonly known: ReadonlySet<ClusterId> | undefined;
}

export const emptyMemory: Memory = { notifiedAt: new Map(), waitsSince: new Map(), known: undefined };

/** Ignore outages shorter than this. */
const lostAfterMs = 20_000;
/** Failures within this time have one cause and share a notification. */
const togetherMs = 2_000;
/** A sign-in that the user sees in the browser needs no notification. */
const signInAfterMs = 5_000;
/** Minimum time between two notifications of the same event. */
const againMs = 10 * 60_000;
const sessionEndsMs = 10 * 60_000;
const switchEndsMs = 2 * 60_000;

/**
 * Decides which notifications to show now. Events that the window in front shows count as notified. `lookAgainMs` is
 * when to call it again even if nothing happens.
 */
export function decide(options: {
  /** Undefined at the first call: the initial state is not news. */
  readonly before: Snapshot | undefined;
  readonly now: Snapshot;
  readonly memory: Memory;
  /** ms since the epoch. */
  readonly at: number;
  readonly isInFront: boolean;
}): {
  readonly notifications: readonly Notification[];
  readonly memory: Memory;
  readonly lookAgainMs: number | undefined;
} {
  const { now, memory, at, isInFront } = options;
  const titles = new Map(now.clusters.map(({ id, title }) => [id, title]));
  const named = (id: ClusterId): Named => ({ id, title: titles.get(id) ?? id });
  // The absolute value, since the clock may have been set back.
  const wasNotified = (key: string) =>
    Math.abs(at - (memory.notifiedAt.get(key) ?? Number.NEGATIVE_INFINITY)) < againMs;

  // Clusters that wait for the same sign-in share one notification, about the session.
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
    ended.length > 0 ||
    (now.endedSessions ?? []).some(({ authDomain }) => wasNotified(`ended ${authDomain}`));
  const failed = failuresIn(options).filter(
    ({ id, isSignIn }) => !wasNotified(`failed ${id}`) && !(isSignIn && isOfSession),
  );
  const logins = now.logins.filter(({ title }) => !wasNotified(`sign-in ${title}`));
  const waits = [
    ...failed.map(({ id, since }) => ({ key: `failed ${id}`, since, untilMs: togetherMs })),
    ...ended.map(({ authDomain }) => ({ key: `ended ${authDomain}`, since: at, untilMs: togetherMs })),
    ...logins.map(({ title, since }) => ({ key: `sign-in ${title}`, since, untilMs: signInAfterMs })),
  ].map(({ key, since, untilMs }) => ({
    key,
    dueAt: (memory.waitsSince.get(key) ?? Math.min(since, at)) + untilMs,
  }));
  // kubectl retries a failed tunnel: keep it pending until the result is known.
  const tried = now.tunnels.flatMap(({ cluster, state }) => {
    const key = `failed ${cluster}`;
    const since = memory.waitsSince.get(key);
    const isTried = state.status === 'connecting' || state.status === 'logging-in';
    return since !== undefined && isTried ? [[key, since] as const] : [];
  });
  const isDue = (key: string) => waits.some((one) => one.key === key && one.dueAt <= at);

  const notifications: Notification[] = [];
  const keys: string[] = [];
  const notify = (notification: Notification, ...of: readonly string[]) => {
    notifications.push(notification);
    keys.push(...of);
  };
  // The first one that is due includes the others.
  if (failed.some(({ id }) => isDue(`failed ${id}`))) {
    const clusters = failed.map(({ id, reason }) => ({ ...named(id), reason }));
    notify({ kind: 'tunnels-failed', clusters }, ...failed.map(({ id }) => `failed ${id}`));
  }
  for (const { authDomain } of ended)
    if (waiting > 0 && isDue(`ended ${authDomain}`))
      notify({ kind: 'session-ended', authDomain, waiting }, `ended ${authDomain}`);
  for (const { title, url } of logins)
    if (isDue(`sign-in ${title}`)) notify({ kind: 'sign-in-needed', title, url }, `sign-in ${title}`);
  for (const { authDomain, endsAt } of now.tunnels.length > 0 ? now.sessions : []) {
    const left = endsAt - at;
    const key = `session ${authDomain} ${endsAt}`;
    if (left <= 0 || left > sessionEndsMs || memory.notifiedAt.has(key)) continue;
    notify({ kind: 'session-ends', authDomain, minutes: Math.ceil(left / 60_000) }, key);
  }
  const { context = '', limit } = now.kubectl;
  const switchLeft = limit === undefined ? 0 : limit.until - at;
  const switchKey = `switch ${context} ${limit?.until}`;
  if (
    limit !== undefined &&
    switchLeft > 0 &&
    switchLeft <= switchEndsMs &&
    !memory.notifiedAt.has(switchKey)
  )
    notify(
      { kind: 'switch-ends', context, back: limit.back, minutes: Math.ceil(switchLeft / 60_000) },
      switchKey,
    );
  for (const { id, client, cluster } of now.confirmations ?? [])
    if (!memory.notifiedAt.has(`confirmation ${id}`))
      notify({ kind: 'confirmation-needed', client, title: named(cluster).title }, `confirmation ${id}`);
  const { found, known } = foundIn(options);
  if (found.length > 0) notify({ kind: 'clusters-found', clusters: found.map(named) });

  const { release } = now;
  if (release !== undefined && !memory.notifiedAt.has(`release ${release.version}`)) {
    const { version, isRequired } = release;
    // A release that was known at an earlier start was notified then.
    if (options.before === undefined && !isRequired) keys.push(`release ${version}`);
    else notify({ kind: 'release', version, isRequired }, `release ${version}`);
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
    notifications: isInFront ? [] : notifications,
    memory: {
      notifiedAt: new Map([...memory.notifiedAt, ...keys.map((key) => [key, at] as const)]),
      waitsSince: new Map([
        ...pending.map(({ key }) => [key, memory.waitsSince.get(key) ?? at] as const),
        ...tried,
      ]),
      known,
    },
    lookAgainMs: dueAts.length === 0 ? undefined : Math.min(...dueAts) - at,
  };
}

/** Returns the tunnels that were up and failed. One that never came up is reported to the shell that opened it. */
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

/** Returns the clusters that the last complete discovery added. */
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
