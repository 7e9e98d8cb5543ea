import { randomBytes } from 'node:crypto';
import { AppError } from '../../model/app-error.ts';
import type { ClusterId } from '../../model/cluster.ts';
import type { Confirmation } from '../../model/confirmation.ts';
import { plainText } from '../../model/plain-text.ts';
import type { Clock } from '../parts.ts';

/** How long a question stays after it was last asked: a client that waits asks every few seconds. */
const openMs = 30_000;
/** How long an answer counts: a yes until the tunnel is up, a no so that nobody is asked again and again. */
const answeredMs = 10 * 60_000;
/** Questions of one process that wait at the same time. */
const mostOfProcess = 5;
const longestName = 60;

export type Answer = 'allowed' | 'declined' | 'waiting';

/** The questions that only the user answers, in the window or the tray. They are in memory alone. */
export interface Confirmations {
  /**
   * Asks whether a process may read a production cluster, unless it was asked already. Resolves with the answer, or with
   * `waiting` after `waitMs`. Rejects with `production-unconfirmed` if too many questions of the process wait.
   */
  ask(
    question: Pick<Confirmation, 'cluster' | 'client' | 'pid'>,
    how: { readonly waitMs: number; readonly signal: AbortSignal },
  ): Promise<Answer>;
  /** Answers a question. Throws `not-found` if it does not wait any more. */
  answer(id: string, isAllowed: boolean): void;
  /** Removes the yes for a cluster: what it was for is done. */
  used(question: Pick<Confirmation, 'cluster' | 'pid'>): void;
  /** Removes the questions and answers of a process that has ended. */
  withdraw(pid: number): void;
}

interface Asked {
  readonly confirmation: Confirmation;
  readonly state: Answer;
  /** When the question or the answer ends, ms since the epoch. */
  readonly until: number;
}

export function createConfirmations(options: {
  readonly clock: Clock;
  /** Called with the questions that wait, when they have changed. */
  readonly onChange: (waiting: readonly Confirmation[]) => void;
}): Confirmations {
  const { clock, onChange } = options;
  const asked = new Map<string, Asked>();
  const listeners = new Set<() => void>();
  let cancelTimer = () => {};

  const keyOf = ({ cluster, pid }: { readonly cluster: ClusterId; readonly pid: number }) =>
    `${pid} ${cluster}`;
  const waiting = () =>
    [...asked.values()].filter(({ state }) => state === 'waiting').map(({ confirmation }) => confirmation);
  const changed = () => {
    cancelTimer();
    const next = Math.min(...[...asked.values()].map(({ until }) => until));
    if (Number.isFinite(next)) cancelTimer = clock.timer(Math.max(1_000, next - clock.now()), dropOver);
    onChange(waiting());
    for (const listener of listeners) listener();
  };
  const dropOver = () => {
    for (const [key, { until }] of asked) if (until <= clock.now()) asked.delete(key);
    changed();
  };

  return {
    async ask(question, { waitMs, signal }) {
      const key = keyOf(question);
      const known = asked.get(key);
      const isOver = known !== undefined && known.until <= clock.now();
      if (known !== undefined && !isOver && known.state !== 'waiting') return known.state;
      if (known === undefined && waiting().filter(({ pid }) => pid === question.pid).length >= mostOfProcess)
        throw new AppError('production-unconfirmed', 'Too many production clusters wait for an answer.', {
          hint: 'Answer those in the window or the tray of k8s-tunnels first.',
        });
      const until = clock.now() + openMs;
      const confirmation: Confirmation = known?.confirmation ?? {
        ...question,
        client: plainText(question.client).slice(0, longestName).toWellFormed(),
        id: randomBytes(8).toString('hex'),
        since: clock.now(),
      };
      asked.set(key, { confirmation, state: 'waiting', until });
      changed();
      return new Promise((resolve) => {
        const look = () => {
          const { state = 'declined' } = asked.get(key) ?? {};
          if (state !== 'waiting') end(state);
        };
        const end = (answer: Answer) => {
          listeners.delete(look);
          cancel();
          signal.removeEventListener('abort', stop);
          resolve(answer);
        };
        const stop = () => end('waiting');
        const cancel = clock.timer(waitMs, stop);
        listeners.add(look);
        signal.addEventListener('abort', stop, { once: true });
        if (signal.aborted) stop();
      });
    },
    answer(id, isAllowed) {
      const found = [...asked].find(
        ([, { confirmation, state }]) => confirmation.id === id && state === 'waiting',
      );
      if (found === undefined)
        throw new AppError('not-found', 'This question does not wait for an answer any more.', {
          hint: 'Let the AI client ask again.',
        });
      const [key, { confirmation }] = found;
      const state = isAllowed ? 'allowed' : 'declined';
      asked.set(key, { confirmation, state, until: clock.now() + answeredMs });
      changed();
    },
    used(question) {
      if (asked.get(keyOf(question))?.state === 'allowed') asked.delete(keyOf(question));
    },
    withdraw(pid) {
      const before = asked.size;
      for (const [key, { confirmation }] of asked) if (confirmation.pid === pid) asked.delete(key);
      if (asked.size !== before) changed();
    },
  };
}
