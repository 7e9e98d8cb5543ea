import type { Client } from '../api/socket/client.ts';
import type { LoginView } from '../model/account.ts';
import { loginLine } from './login-notes.ts';
import { writeAside } from './report.ts';
import { printable } from './terminal.ts';

/** Within this time a browser that opened shows the page. */
const addressAfterMs = 5_000;

/**
 * Prints to stderr that the user has to sign in, once for each session. Prints the address immediately if no browser
 * was opened, otherwise after a delay: a browser on another machine cannot read the local page that redirects to it.
 * Rejects as `subscribe` does.
 */
export async function noteLogins(client: Client): Promise<void> {
  const noted = new Set<string>();
  const write = (line: string) => {
    if (!noted.has(line)) writeAside([line]);
    noted.add(line);
  };
  let waiting: readonly LoginView[] = [];
  const note = (logins: readonly LoginView[]) => {
    waiting = logins;
    for (const login of logins)
      write(
        login.noBrowser === true || login.userCode !== undefined
          ? loginLine(login)
          : `Waiting for you to sign in to ${printable(login.title)} in the browser …`,
      );
  };
  const { logins } = await client.subscribe((change) => {
    if (change.kind === 'set' && change.values.logins) note(change.values.logins);
  });
  note(logins);
  setTimeout(() => {
    for (const login of waiting) write(loginLine(login));
  }, addressAfterMs).unref();
}
