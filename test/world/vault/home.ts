import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Writes `.vault-token` as `vault login` leaves it and answers the environment that leads a client to the world. */
export async function writeVaultHome(options: {
  readonly home: string;
  /** Where the world's Vault listens. */
  readonly url: string;
  readonly token: string;
}): Promise<Readonly<Record<string, string>>> {
  const { home, url, token } = options;
  await mkdir(home, { recursive: true });
  await writeFile(join(home, '.vault-token'), token, { mode: 0o600 });
  return { HOME: home, USERPROFILE: home, VAULT_ADDR: url };
}
