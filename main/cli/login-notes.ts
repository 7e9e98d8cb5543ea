import type { LoginView } from '../model/account.ts';
import type { Progress } from './progress.ts';
import { printable } from './terminal.ts';

/** By then a browser shows the page, if there is one. */
const browserPatienceMs = 2_000;

/** Tells once where to sign in when no browser came up, and at once what code to enter. */
export function createLoginNotes(progress: Progress) {
  const timers = new Map<string, NodeJS.Timeout>();
  return {
    show(logins: readonly LoginView[]) {
      for (const { url, title, userCode } of logins) {
        const key = `${url} ${userCode ?? ''}`;
        if (timers.has(key)) continue;
        const place = `${printable(title)} here:\n  ${printable(url)}`;
        const line =
          userCode === undefined
            ? `If no browser came up, sign in to ${place}`
            : `Sign in to ${place}\nand see that the code is ${printable(userCode)}`;
        timers.set(
          key,
          setTimeout(() => progress.note(line), userCode === undefined ? browserPatienceMs : 0),
        );
      }
      const waiting = new Set(logins.map(({ url, userCode }) => `${url} ${userCode ?? ''}`));
      for (const [key, timer] of timers) if (!waiting.has(key)) clearTimeout(timer);
    },
    end() {
      for (const timer of timers.values()) clearTimeout(timer);
    },
  };
}

/** Of a sign-in that waits for the person. */
export function loginLine({ title, url, userCode }: LoginView): string {
  const code = userCode === undefined ? '' : `, code ${printable(userCode)}`;
  return `Waiting for your sign-in to ${printable(title)}: ${printable(url)}${code}`;
}
