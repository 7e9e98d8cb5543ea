import { z } from 'zod';
import { createSerialQueue } from '../../async/serial-queue.ts';
import type { Logger } from '../../parts.ts';
import { isSealedError, type SignInFile } from '../../sealing/sign-in-file.ts';
import { jsonFile } from '../../storage/json-file.ts';
import type { VaultTokenStore } from './token.ts';

/**
 * The tokens of Vaults other than that of VAULT_ADDR, for which the vault command has no place: its token helpers need
 * not distinguish addresses.
 */
export interface VaultSessions {
  readonly file: SignInFile;
  /**
   * Returns where the token of one Vault is stored, by its origin. Its methods reject with `login-sealed` if only the
   * desktop app can open it.
   */
  storeFor(address: URL): VaultTokenStore;
}

export function createVaultSessions(options: {
  readonly file: SignInFile;
  readonly logger: Logger;
}): VaultSessions {
  const { logger } = options;
  const file = jsonFile({
    file: options.file.path,
    secret: options.file,
    version: 1,
    schema: z.record(z.string(), z.string()),
    onUnreadable: (name, reason) =>
      logger.warn('the sessions of Vault are set aside', { file: name, reason }),
  });
  /** Changes run one after another: each reads the file again. */
  const inTurn = createSerialQueue();
  const change = (work: (all: Record<string, string>) => void): Promise<void> =>
    inTurn(async () => {
      const all = (await file.read().catch(setAsideBy)) ?? {};
      work(all);
      await file.write(all);
    });
  return {
    file: options.file,
    storeFor: ({ origin }) => ({
      place: options.file.store,
      read: async () => (await inTurn(() => file.read()))?.[origin] ?? '',
      store: (token) =>
        change((all) => {
          all[origin] = token;
        }),
      erase: () =>
        change((all) => {
          delete all[origin];
        }),
    }),
  };
}

/** A login need not wait for the desktop app: writing the file sets aside what only that can open. */
function setAsideBy(error: unknown): undefined {
  if (!isSealedError(error)) throw error;
}

/** The store of a Vault that has no session: what the organisation does not name. */
export const noStore: VaultTokenStore = {
  place: 'no file',
  read: async () => '',
  store: async () => {},
  erase: async () => {},
};
