import type { LoginView } from '../agent/logins/account.ts';
import type { Client } from '../api/socket/client.ts';
import { loginLine } from './login-notes.ts';
import { writeAside } from './report.ts';
import { printable } from './terminal.ts';

/** Says on stderr that the user has to sign in, once for each session. Rejects as `subscribe` does. */
export async function noteLogins(client: Client): Promise<void> {
  const noted = new Set<string>();
  const note = (logins: readonly LoginView[]) => {
    for (const login of logins) {
      const line =
        login.noBrowser === true || login.userCode !== undefined
          ? loginLine(login)
          : `Waiting for your sign-in to ${printable(login.title)} in the browser …`;
      if (!noted.has(line)) writeAside([line]);
      noted.add(line);
    }
  };
  const { logins } = await client.subscribe((change) => {
    if (change.kind === 'logins') note(change.logins);
  });
  note(logins);
}
