import { AppError } from '../../../model/app-error.ts';
import type { RequestTls } from '../../network/network.ts';
import { authoritiesIn, authoritiesInFolder, readAuthorities, readText } from '../../network/trust.ts';
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
    ...(cert === ''
      ? {}
      : { cert: readText('VAULT_CLIENT_CERT', cert), key: readText('VAULT_CLIENT_KEY', key) }),
    ...(VAULT_TLS_SERVER_NAME === '' ? {} : { servername: VAULT_TLS_SERVER_NAME }),
    ...(skips ? { rejectUnauthorized: false } : {}),
  };
}

function authorities(env: Environment): string[] | undefined {
  const { VAULT_CACERT = '', VAULT_CACERT_BYTES = '', VAULT_CAPATH = '' } = env;
  if (VAULT_CACERT !== '') return [...readAuthorities('VAULT_CACERT', VAULT_CACERT)];
  if (VAULT_CACERT_BYTES !== '')
    return [...authoritiesIn(VAULT_CACERT_BYTES, { origin: 'VAULT_CACERT_BYTES' })];
  if (VAULT_CAPATH !== '') return [...authoritiesInFolder('VAULT_CAPATH', VAULT_CAPATH)];
  return undefined;
}

/** As Go's strconv.ParseBool reads it. */
function isTrue(text = ''): boolean {
  return ['1', 't', 'T', 'TRUE', 'true', 'True'].includes(text);
}
