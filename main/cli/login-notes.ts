import type { LoginView } from '../model/account.ts';
import type { Progress } from './progress.ts';
import { printable } from './terminal.ts';

/** Within this time a browser shows the page, if one opened. */
const browserPatienceMs = 2_000;

/** Prints each login's address once, after a delay that a browser needs to open, and a device code immediately. */
export function createLoginNotes(progress: Progress) {
  const timers = new Map<string, NodeJS.Timeout>();
  return {
    show(logins: readonly LoginView[]) {
      for (const { url, title, userCode } of logins) {
        const key = `${url} ${userCode ?? ''}`;
        if (timers.has(key)) continue;
        const target = `${printable(title)} here:\n  ${printable(url)}`;
        const line =
          userCode === undefined
            ? `If no browser opened, sign in to ${target}`
            : `Sign in to ${target}\nand check that the code is ${printable(userCode)}`;
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

/** Describes a login that waits for the user. */
export function loginLine({ title, url, userCode }: LoginView): string {
  const code = userCode === undefined ? '' : `, code ${printable(userCode)}`;
  return `Waiting for you to sign in to ${printable(title)}: ${printable(url)}${code}`;
}
