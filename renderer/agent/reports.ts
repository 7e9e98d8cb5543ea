import { type PlainError, toPlainError } from '../../main/model/app-error.ts';
import type { Done, PageStore, Problem } from './page-store.ts';

/** Reports to the user what came of an action. */
export interface Reports {
  /** Runs `work`; what it rejects with becomes a problem under `title`, unless the user cancelled it. Never rejects. */
  attempt(title: string, work: () => Promise<unknown>): Promise<void>;
  /** Shows the agent's warnings, except those that a notice of the agent shows already. */
  warn(warnings: readonly string[]): void;
  /** Shows for a moment what was done, in place of what is shown now; undefined clears it. */
  done(done: Omit<Done, 'id'> | undefined): void;
}

export function createReports(store: PageStore): Reports {
  let lastProblem = 0;
  let lastDone = 0;
  const add = (problem: Omit<Problem, 'id'>) =>
    store.update((state) => ({
      ...state,
      problems: [...state.problems, { ...problem, id: ++lastProblem }],
    }));
  return {
    async attempt(title, work) {
      try {
        await work();
      } catch (error) {
        const plain: PlainError = toPlainError(error);
        if (plain.code !== 'cancelled') add({ level: 'error', title, error: plain });
      }
    },
    warn(warnings) {
      const shown = new Set(store.get().agent?.notices.map(({ message }) => message));
      for (const warning of warnings) if (!shown.has(warning)) add({ level: 'warning', title: warning });
    },
    done: (done) => store.update((state) => ({ ...state, done: done && { ...done, id: ++lastDone } })),
  };
}
