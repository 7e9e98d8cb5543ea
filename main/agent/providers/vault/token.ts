import { readFile, unlink } from 'node:fs/promises';
import path from 'node:path';
import { AppError, errnoOf } from '../../../model/app-error.ts';
import type { Environment } from '../../parts.ts';
import { findProgram } from '../../processes/find-program.ts';
import { lastWords, programLimitMs, runProgram } from '../../processes/run-program.ts';
import { distrustReason } from '../../storage/trusted-file.ts';
import { unreadable } from '../../storage/unreadable.ts';
import { writeFileAtomic } from '../../storage/write-file-atomic.ts';
import { noToken } from './errors.ts';

interface TokenParts {
  readonly env: Environment;
  readonly home: string;
  /** The store of a Vault that has a session of its own. */
  readonly store?: VaultTokenStore | undefined;
}

/** Where the vault command keeps its one token: `~/.vault-token`, or the program that its configuration names. */
export interface VaultTokenStore {
  /** For messages. */
  readonly place: string;
  /** Returns the token, or an empty text. Rejects with `file-unreadable` or `vault-failed`. */
  read(): Promise<string>;
  store(token: string): Promise<void>;
  erase(): Promise<void>;
}

/**
 * Returns the token of `VAULT_TOKEN` or of the token store; that of its own session for another Vault. Rejects with
 * `vault-no-token`, or as the store does.
 */
export async function vaultToken(parts: TokenParts): Promise<string> {
  const { VAULT_TOKEN = '', VAULT_ADDR = '' } = parts.env;
  const address = URL.parse(VAULT_ADDR) ?? undefined;
  if (parts.store !== undefined) {
    const own = await parts.store.read();
    if (own !== '') return own;
    throw noToken(`You are not signed in to Vault at ${address?.host}.`, { address, isOther: true });
  }
  if (VAULT_TOKEN !== '') return VAULT_TOKEN;
  const store = await vaultTokenStore(parts);
  const token = await store.read();
  if (token !== '') return token;
  throw noToken(`There is no Vault token in VAULT_TOKEN or ${store.place}.`, { address });
}

/**
 * Finds the token store as the vault command does: by `token_helper` of `~/.vault`, or of the file that
 * VAULT_CONFIG_PATH names (https://developer.hashicorp.com/vault/docs/commands/token-helper). Rejects with
 * `file-unreadable` or `bad-input`, which name that file. A Vault that is not that of VAULT_ADDR has another store.
 */
export async function vaultTokenStore(parts: TokenParts): Promise<VaultTokenStore> {
  if (parts.store !== undefined) return parts.store;
  const { env, home } = parts;
  const named = env.VAULT_CONFIG_PATH ?? '';
  const config = named === '' ? path.join(home, '.vault') : named;
  const text = await readFile(config, 'utf8').catch((cause: unknown) => {
    // Without a file, or with a folder of that name, there is no helper.
    if (['ENOENT', 'EISDIR', 'ENOTDIR'].includes(errnoOf(cause) ?? '') && named === '') return '';
    throw unreadable(config, cause);
  });
  const helper = helperIn(text, config);
  if (helper !== undefined) return helperStore(helper, config, parts);
  const file = path.join(home, '.vault-token');
  return {
    place: file,
    async read() {
      const held = await readFile(file, 'utf8').catch((cause: unknown) => {
        if (errnoOf(cause) === 'ENOENT') return '';
        throw unreadable(file, cause);
      });
      return held.trim();
    },
    store: (token) => writeFileAtomic(file, token),
    erase: () =>
      unlink(file).catch((error: unknown) => {
        if (errnoOf(error) !== 'ENOENT') throw error;
      }),
  };
}

/** Returns the value of `token_helper` in HCL, or in JSON, which HCL includes. */
function helperIn(text: string, config: string): string | undefined {
  const [, value] =
    /(?:^\uFEFF?|[{,])[ \t]*"?token_helper"?[ \t]*[=:][ \t]*("(?:[^"\\\r\n]|\\.)*")/m.exec(text) ?? [];
  if (value === undefined) return undefined;
  let helper: unknown;
  try {
    helper = JSON.parse(value);
  } catch {
    helper = undefined;
  }
  if (helper === '') return undefined;
  if (typeof helper === 'string' && path.isAbsolute(helper)) return helper;
  throw new AppError('bad-input', `token_helper in ${config} is not an absolute path.`, {
    hint: `Write the whole path of the program there, in double quotes.`,
  });
}

/** The helper is called with `get`, `store` (the token on its stdin) or `erase`, and with the Vault's address. */
function helperStore(helper: string, config: string, { env, home }: TokenParts): VaultTokenStore {
  const call = async (what: 'get' | 'store' | 'erase', input?: string): Promise<string> => {
    const failed = (why: string, hint?: string) =>
      new AppError('vault-failed', `The token helper ${helper} of Vault, named by ${config}, ${why}.`, {
        hint: hint ?? `Run \`vault token lookup\` to see why, or correct token_helper in ${config}.`,
      });
    const program = await findProgram({ command: helper, cwd: home, env, home });
    if (program.kind === 'missing') throw failed('could not be started: there is no such program');
    if (program.kind === 'distrusted') {
      const { distrust } = program;
      throw failed(`is not run, ${distrustReason(distrust)}`, `${distrust.fix}, then try again.`);
    }
    const limitMs = programLimitMs(env);
    const end = await runProgram({ command: program.file, args: [what], cwd: home, env, limitMs, input });
    if (end.kind === 'not-started' || end.kind === 'cancelled') throw failed('could not be started');
    if (end.kind === 'too-much') throw failed('wrote more than a megabyte');
    if (end.kind === 'too-long')
      throw failed(`did not end within ${limitMs / 1_000} s${lastWords(end.lastLine)}`);
    if (end.exitCode !== 0) {
      const how = end.exitCode === undefined ? 'was killed' : `failed with exit code ${end.exitCode}`;
      throw failed(`${how}${lastWords(end.lastLine)}`);
    }
    return end.stdout.trim();
  };
  return {
    place: `the token helper ${helper}`,
    read: () => call('get'),
    store: async (token) => void (await call('store', token)),
    erase: async () => void (await call('erase')),
  };
}
