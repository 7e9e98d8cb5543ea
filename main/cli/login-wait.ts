import type { Client } from '../api/socket/client.ts';
import type { LoginView } from '../model/account.ts';
import { loginLine } from './login-notes.ts';
import { writeAside } from './report.ts';
import { printable } from './terminal.ts';

/** A browser that opened shows the page by then. */
const addressAfterMs = 5_000;

/**
 * Says on stderr that the user has to sign in, once for each session, and where: at once where no browser was opened,
 * else after a while, since one on another machine cannot read the page that leads there. Rejects as `subscribe` does.
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
          : `Waiting for your sign-in to ${printable(login.title)} in the browser …`,
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
