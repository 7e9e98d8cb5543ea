import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { AppError, errnoOf } from '../../../model/app-error.ts';
import type { RequestTls } from '../../network/network.ts';
import { authoritiesIn, readAuthorities } from '../../network/trust.ts';
import type { Environment } from '../../parts.ts';

export interface VaultTls {
  readonly env: Environment;
  /** Called where VAULT_SKIP_VERIFY is set. Returns false if the certificate is checked nevertheless. */
  readonly skipVerify?: ((address: URL) => boolean) | undefined;
}

/**
 * Returns the TLS options that the vault command would use, from its variables
 * (https://developer.hashicorp.com/vault/docs/commands#environment-variables): only the named certificate authorities
 * are trusted then, VAULT_CACERT before VAULT_CACERT_BYTES before VAULT_CAPATH. Throws `file-unreadable` or `bad-input`,
 * which name the variable.
 */
export function vaultTls({ env, skipVerify }: VaultTls, address: URL): RequestTls {
  const ca = authorities(env);
  const { VAULT_CLIENT_CERT: cert = '', VAULT_CLIENT_KEY: key = '', VAULT_TLS_SERVER_NAME = '' } = env;
  if ((cert === '') !== (key === '')) {
    const [set, unset] =
      cert === '' ? ['VAULT_CLIENT_KEY', 'VAULT_CLIENT_CERT'] : ['VAULT_CLIENT_CERT', 'VAULT_CLIENT_KEY'];
    throw new AppError('bad-input', `${set} is set without ${unset}.`, {
      hint: `Set ${unset} too, or unset ${set}.`,
    });
  }
  const skips = isTrue(env.VAULT_SKIP_VERIFY) && (skipVerify?.(address) ?? true);
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(cert === '' ? {} : { cert: read('VAULT_CLIENT_CERT', cert), key: read('VAULT_CLIENT_KEY', key) }),
    ...(VAULT_TLS_SERVER_NAME === '' ? {} : { servername: VAULT_TLS_SERVER_NAME }),
    ...(skips ? { rejectUnauthorized: false } : {}),
  };
}

function authorities(env: Environment): string[] | undefined {
  const { VAULT_CACERT = '', VAULT_CACERT_BYTES = '', VAULT_CAPATH = '' } = env;
  if (VAULT_CACERT !== '') return [...readAuthorities('VAULT_CACERT', VAULT_CACERT)];
  if (VAULT_CACERT_BYTES !== '')
    return [...authoritiesIn(VAULT_CACERT_BYTES, { origin: 'VAULT_CACERT_BYTES' })];
  if (VAULT_CAPATH !== '') return inFolder(VAULT_CAPATH);
  return undefined;
}

function inFolder(folder: string): string[] {
  let files: string[];
  try {
    files = readdirSync(folder, { withFileTypes: true, recursive: true })
      .filter((entry) => !entry.isDirectory())
      .map((entry) => path.join(entry.parentPath, entry.name));
  } catch (cause) {
    throw unreadable('VAULT_CAPATH', folder, cause);
  }
  const found = files.flatMap((file) => [...readAuthorities('VAULT_CAPATH', file)]);
  if (found.length > 0) return [...new Set(found)];
  throw new AppError('bad-input', `${folder}, named by VAULT_CAPATH, holds no PEM certificate.`, {
    hint: 'It must hold files with blocks that begin with -----BEGIN CERTIFICATE-----.',
  });
}

function read(variable: string, file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw unreadable(variable, file, cause);
  }
}

function unreadable(variable: string, file: string, cause: unknown): AppError {
  return new AppError(
    'file-unreadable',
    `${file}, named by ${variable}, could not be read (${errnoOf(cause)}).`,
    { hint: `Correct the path in ${variable}, or unset it.`, cause },
  );
}

/** As Go's strconv.ParseBool reads it. */
function isTrue(text = ''): boolean {
  return ['1', 't', 'T', 'TRUE', 'true', 'True'].includes(text);
}
