import { AppError } from '../model/app-error.ts';
import type { Session } from './session.ts';
import { hasTerminal, printable } from './terminal.ts';

/** The user's answer as the agent's calls take it. Empty before the question. */
export interface Confirmed {
  readonly production?: boolean;
}

/**
 * Calls `act`. If the agent rejects with `production-unconfirmed`, asks the user and calls `act` again with the answer.
 * After a no to a set, and without a terminal, connects the other clusters of the set. Rejects with `cancelled` after a
 * no to a switch, and with the agent's error without a terminal.
 */
export async function withConfirmation<T>(options: {
  readonly session: Pick<Session, 'json' | 'progress'>;
  /** The command line has the answer already (`--production`). */
  readonly confirmed: true | undefined;
  readonly about: 'switch' | 'set' | 'set-switch' | 'terminal' | 'unlock';
  readonly act: (confirmed: Confirmed) => Promise<T>;
}): Promise<{ readonly result: T; readonly wasAsked: boolean }> {
  const { session, confirmed, about, act } = options;
  try {
    const result = await act(confirmed === undefined ? {} : { production: confirmed });
    return { result, wasAsked: false };
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'production-unconfirmed') throw error;
    const needsYes = about === 'switch' || about === 'terminal' || about === 'unlock';
    // The output of `env` goes to a shell: the question is on stderr then.
    const output = process.stdout.isTTY ? process.stdout : process.stderr;
    const canAsk =
      !session.json && (hasTerminal() || (about === 'terminal' && process.stdin.isTTY && output.isTTY));
    if (!canAsk && !needsYes) return { result: await act({ production: false }), wasAsked: false };
    if (!canAsk) throw error;
    session.progress.end();
    const { confirm, isCancel } = await import('@clack/prompts');
    const answer = await confirm({
      message: `${printable(error.message)} ${questions[about].question}`,
      active: questions[about].yes,
      inactive: questions[about].no,
      initialValue: false,
      output,
    });
    if (isCancel(answer) || (!answer && needsYes)) throw new AppError('cancelled', 'Nothing was changed.');
    return { result: await act({ production: answer }), wasAsked: true };
  }
}

const questions = {
  switch: { question: 'Switch to production?', yes: 'Switch to production', no: 'No' },
  'set-switch': {
    question: 'Connect production, and switch to it where it is the first?',
    yes: 'Connect and switch',
    no: 'Only the others',
  },
  unlock: { question: 'Unlock it?', yes: 'Unlock production', no: 'No' },
  terminal: { question: 'Open it?', yes: 'Open production', no: 'No' },
  set: { question: 'Connect production?', yes: 'Connect production', no: 'Only the others' },
} as const;
