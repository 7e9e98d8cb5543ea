import path from 'node:path';
import { z } from 'zod';
import { toPlainError } from '../../model/app-error.ts';
import { isDeniedForGood } from '../../model/is-denied-for-good.ts';
import { type Policy, policySchema } from '../../model/policy.ts';
import { createExpiring } from '../async/expiring.ts';
import { createPace } from '../async/request-rate.ts';
import type { Clock, Logger } from '../parts.ts';
import { jsonFile } from '../storage/json-file.ts';
import type { Access, Answer, SessionOf } from './access.ts';

/** How long an answer is valid before Access is asked again. */
const freshMs = { admitted: 12 * 3_600_000, denied: 3_600_000 } as const;
/** An answer is shown until Access is asked again, but no longer than this. */
const shownMs = 12 * 3_600_000;
/** A denial by the policy hides its clusters until the answer changes, but no longer than this. */
const forGoodMs = 30 * 24 * 3_600_000;
/** How long to wait after a question without an answer. */
const restMs = 10 * 60_000;
const atOnce = 4;
const perMinute = 60;
/** Denials within this time share one check of the device's posture. */
const postureMs = 60_000;

const entrySchema = z.object({
  policy: policySchema,
  session: z.object({ authDomain: z.string(), email: z.string().optional() }),
});
type Entry = z.infer<typeof entrySchema>;

/**
 * Stores what the user's policies allow, as far as Access has said. Each exchange is a line in the organisation's log,
 * so answers are stored on disk with a lifetime (12 hours for access, 1 hour for a denial), and only visible clusters
 * and favourites are asked about: at most 4 at once and 60 a minute. An answer belongs to one user's session of one
 * organisation, and is removed when that session ends. A denial by the policy is kept for the user's next session, so
 * that what it hides does not come back every day; it is asked about again while the user looks at any cluster.
 */
export interface Policies {
  list(): readonly Policy[];
  get(hostname: string): Policy | undefined;
  /**
   * Asks about what is unknown: first the favourites, then what is in view, then what a denial hides. Drops questions
   * about what is no longer in view.
   */
  want(inView?: readonly string[]): void;
  /** Stores Access's answer, whatever caused the request. */
  hear(answer: Answer): Promise<void>;
  /** Keeps only the answers for these sessions, and asks about the favourites for a new one. Cheap. */
  keep(sessions: readonly SessionOf[]): void;
  close(): Promise<void>;
}

export async function createPolicies(options: {
  readonly folder: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly access: Pick<Access, 'ask' | 'failingChecks'>;
  /** The hostnames of the favourites, in their order. */
  readonly favourites: () => readonly string[];
  readonly onChange: (change: { readonly known: Policy[]; readonly forgotten: string[] }) => void;
}): Promise<Policies> {
  const { clock, logger, access, onChange } = options;
  const file = jsonFile({
    file: path.join(options.folder, 'policies.json'),
    version: 1,
    schema: z.array(entrySchema),
    onUnreadable: (name, reason) => logger.warn('Policies are requested again', { file: name, reason }),
  });
  const entries = new Map(((await file.read()) ?? []).map((entry) => [entry.policy.hostname, entry]));
  const pace = createPace({ clock, requests: perMinute, windowMs: 60_000 });
  const closing = new AbortController();
  const running = new Set<string>();
  /** When to ask again about what had no answer, by hostname. */
  const resting = new Map<string, number>();
  const postures = createExpiring<string, readonly string[]>(clock);
  let sessions: readonly SessionOf[] = [];
  let inView: readonly string[] = [];

  let written: Promise<void> | undefined;
  let isDirty = false;
  const save = (): void => {
    if (closing.signal.aborted) return;
    isDirty = true;
    written ??= (async () => {
      while (isDirty) {
        isDirty = false;
        await file.write([...entries.values()]);
      }
    })()
      .catch((error: unknown) => logger.warn('Policies are not saved', { error: toPlainError(error) }))
      .finally(() => {
        written = undefined;
      });
  };

  const put = (entry: Entry) => {
    entries.set(entry.policy.hostname, entry);
    resting.delete(entry.policy.hostname);
    onChange({ known: [entry.policy], forgotten: [] });
    save();
  };

  const failing = (authDomain: string): Promise<readonly string[]> =>
    postures.get(authDomain, {
      make: () => access.failingChecks(authDomain).catch(() => []),
      lifeMs: () => postureMs,
    });

  const isDue = (hostname: string): boolean => {
    const policy = entries.get(hostname)?.policy;
    // Compare the absolute age: a clock that was set back must not keep an old answer.
    if (policy !== undefined) return Math.abs(clock.now() - policy.at) >= freshMs[policy.verdict];
    return !isResting(hostname);
  };

  const ask = async (hostname: string): Promise<void> => {
    const before = entries.get(hostname)?.policy;
    try {
      await access.ask(hostname, {
        after: before?.verdict === 'denied' ? before.at : 0,
        turn: () => pace.take(closing.signal),
      });
    } catch (error) {
      if (!closing.signal.aborted)
        logger.debug('A policy is unknown', { hostname, code: toPlainError(error).code });
    }
    // Do not repeat the question while its row is in view, whether it failed or Access gave no answer.
    if (isDue(hostname)) rest(hostname);
  };
  const rest = (hostname: string) => {
    resting.set(hostname, clock.now());
  };
  const isResting = (hostname: string) =>
    Math.abs(clock.now() - (resting.get(hostname) ?? Number.NEGATIVE_INFINITY)) < restMs;

  /** No window shows these, so that only their age makes them due. */
  const hidden = (): readonly string[] =>
    inView.length === 0
      ? []
      : [...entries.values()].flatMap(({ policy }) => (isDeniedForGood(policy) ? policy.hostname : []));
  /** Returns whether an answer is no longer shown: too old, or of another session. */
  const isOver = ({ policy, session }: Entry): boolean => {
    const isForGood = isDeniedForGood(policy);
    if (policy.at <= clock.now() - (isForGood ? forGoodMs : shownMs)) return true;
    if (sessions.some((one) => isSame(one, session))) return false;
    return !isForGood || sessions.some(({ authDomain }) => authDomain === session.authDomain);
  };

  const pump = (): void => {
    if (closing.signal.aborted || sessions.length === 0) return;
    for (const hostname of [...options.favourites(), ...inView, ...hidden()]) {
      if (running.size >= atOnce) return;
      if (running.has(hostname) || !isDue(hostname) || isResting(hostname)) continue;
      running.add(hostname);
      void ask(hostname).finally(() => {
        running.delete(hostname);
        pump();
      });
    }
  };

  return {
    list: () => [...entries.values()].map(({ policy }) => policy),
    get: (hostname) => entries.get(hostname)?.policy,
    want(hostnames = inView) {
      inView = hostnames;
      pump();
    },
    async hear({ hostname, session, denial }) {
      const { authDomain, email } = session;
      const said = { hostname, at: clock.now() };
      const of = { authDomain, ...(email === undefined ? {} : { email }) };
      if (denial === undefined) return put({ policy: { ...said, verdict: 'admitted' }, session: of });
      const deniedFor = (checks: readonly string[]): Entry => ({
        policy: { ...said, verdict: 'denied', ...wordsFor(denial, checks) },
        session: of,
      });
      // Until the device is checked again, it counts as before: a denial by the policy would hide the cluster.
      const before = entries.get(hostname)?.policy;
      const known = before?.verdict === 'denied' ? before.failing : [];
      const entry = deniedFor(known);
      put(entry);
      const checks = await failing(authDomain);
      // A newer answer may have arrived meanwhile, or the session may have ended.
      const isNews = checks.length > 0 || known.length > 0;
      if (isNews && entries.get(hostname) === entry && !closing.signal.aborted) put(deniedFor(checks));
    },
    keep(now) {
      const isNew = now.some((one) => !sessions.some((known) => isSame(one, known)));
      sessions = now.map(({ authDomain, email }) => ({ authDomain, email }));
      if (isNew) {
        resting.clear();
        postures.clear();
      }
      const forgotten = [...entries.values()].filter(isOver).map(({ policy }) => policy.hostname);
      if (forgotten.length > 0) {
        for (const hostname of forgotten) entries.delete(hostname);
        onChange({ known: [], forgotten });
        save();
      }
      if (isNew) pump();
    },
    async close() {
      closing.abort();
      await written;
    },
  };
}

function isSame(a: { authDomain: string; email?: string | undefined }, b: typeof a): boolean {
  return a.authDomain === b.authDomain && a.email === b.email;
}

/** Access does not say which rule denied the user: prefer the application's own text, then a failing check. */
function wordsFor({ message, ray }: NonNullable<Answer['denial']>, failing: readonly string[]) {
  const isDevice = message === undefined && failing.length > 0;
  return {
    reason: isDevice ? ('device' as const) : ('policy' as const),
    message:
      message ?? (isDevice ? `Your device fails: ${failing.join(', ')}` : 'The policy denies you access'),
    failing: [...failing],
    ...(ray === undefined ? {} : { ray }),
  };
}
