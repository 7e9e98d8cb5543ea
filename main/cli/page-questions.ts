import type { Confirm } from '../api/web/guard.ts';
import type { Question } from '../api/web/sensitive.ts';
import { consentLines } from './commands/allow.ts';
import { previewLines } from './setup/preview-lines.ts';

/** A question without an answer for this long counts as a no. */
const answerWithinMs = 2 * 60_000;

/** Confirms in the terminal what a page of `serve` must not change alone. Asks one question at a time. */
export function pageQuestions(write: (lines: readonly string[]) => void): {
  readonly confirm: Confirm;
  /** Takes a line that the user typed. Returns false if no question was open. */
  hear(line: string): boolean;
} {
  let waiting: ((isYes: boolean) => void) | undefined;
  return {
    async confirm(question, signal) {
      if (waiting !== undefined) return undefined;
      const { promise, resolve } = Promise.withResolvers<boolean>();
      waiting = resolve;
      const tooLate = AbortSignal.any([signal, AbortSignal.timeout(answerWithinMs)]);
      const giveUp = () => resolve(false);
      tooLate.addEventListener('abort', giveUp, { once: true });
      write(['', ...questionLines(question), `${askFor(question)} Type y and press Enter [y/N]`]);
      const isYes = await promise;
      waiting = undefined;
      tooLate.removeEventListener('abort', giveUp);
      write([
        isYes ? 'Confirmed.' : signal.aborted ? 'The page cancelled the request.' : 'Nothing was changed.',
      ]);
      signal.throwIfAborted();
      return isYes;
    },
    hear(line) {
      if (waiting === undefined) return false;
      waiting(/^y(es)?$/i.test(line.trim()));
      return true;
    },
  };
}

function questionLines(question: Question): readonly string[] {
  switch (question.kind) {
    case 'settings':
      return [
        'A page in your browser wants to change your settings:',
        ...question.changes.flatMap(({ name, before, after, isReset, why }) => [
          `  ${name}`,
          `    now  ${visible(before === '' ? '(empty)' : before)}`,
          `    then ${isReset ? '(reset)' : visible(after === '' ? '(empty)' : after)}`,
          `    ${why}`,
        ]),
      ];
    case 'setup':
      return [
        question.source === undefined
          ? 'A page in your browser wants to accept this new version of your configuration:'
          : 'A page in your browser wants to set up k8s-tunnels with this configuration:',
        ...previewLines(withVisible(question.preview), question.source === undefined),
      ];
    case 'setup-file':
      return [
        'A page in your browser wants to read this file as a configuration:',
        `  ${visible(question.source)}`,
      ];
    case 'setup-remove': {
      const { organisation } = question;
      const what =
        organisation === undefined ? 'nothing is set up' : `${organisation.name}, from ${organisation.place}`;
      return ['A page in your browser wants to remove this configuration:', `  ${visible(what)}`];
    }
    case 'terminal':
      return [`A page in your browser wants to open a terminal on ${visible(question.title)}.`];
    case 'unlock':
      return [
        `A page in your browser wants to let you write to the production cluster ${visible(question.title)}.`,
        `  Reason: ${visible(question.reason)}`,
      ];
    case 'allow':
      return ['A page in your browser requests this:', ...consentLines(withVisible(question.consent))];
  }
}

function askFor({ kind }: Question): string {
  switch (kind) {
    case 'settings':
      return 'Change it?';
    case 'setup':
      return 'Set up?';
    case 'setup-file':
      return 'Read it?';
    case 'setup-remove':
      return 'Remove it?';
    case 'allow':
      return 'Allow it?';
    case 'terminal':
      return 'Open it?';
    case 'unlock':
      return 'Unlock it?';
  }
}

/** Escapes control, format and bidirectional characters, so that the user confirms exactly what is shown. */
function visible(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (char) => `\\u{${char.codePointAt(0)?.toString(16)}}`);
}

function withVisible<T>(data: T): T {
  return JSON.parse(JSON.stringify(data), (_, value: unknown) =>
    typeof value === 'string' ? visible(value) : value,
  ) as T;
}
