import { AppError } from '../../model/app-error.ts';
import type { Organisation } from '../../model/organisation.ts';
import type { OrganisationFiles } from '../organisation/organisation-files.ts';

/** The service token that a machine sends to Access instead of a user's token. */
export interface ServiceToken {
  readonly clientId: string;
  readonly clientSecret: string;
  /** The file of the secret, for messages. */
  readonly file: string;
}

type Rules = NonNullable<NonNullable<Organisation['access']>['serviceTokens']>;

/**
 * Returns the organisation's service token for an application, if this computer has its files. Reads them again for
 * each connection, so that a new token takes effect at once. It is sent to the hostnames that the organisation lists
 * and to no other: a tag cannot send it elsewhere.
 * Rejects as `OrganisationFiles.read` does, or with `bad-input` if a file contains more than one word.
 */
export async function readServiceToken(
  hostname: string,
  rules: Rules | undefined,
  files: OrganisationFiles,
): Promise<ServiceToken | undefined> {
  const rule = rules?.find(({ hostnames }) => hostnames.some((pattern) => fits(hostname, pattern)));
  if (rule === undefined) return undefined;
  const [clientId, clientSecret] = await Promise.all([
    readWord(files, rule.clientIdFile, 'clientIdFile'),
    readWord(files, rule.clientSecretFile, 'clientSecretFile'),
  ]);
  if (clientId === undefined || clientSecret === undefined) return undefined;
  return { clientId, clientSecret, file: rule.clientSecretFile };
}

/** Matches a leading `*.` against one label, as in a certificate. */
function fits(hostname: string, pattern: string): boolean {
  return pattern.startsWith('*.')
    ? hostname.slice(hostname.indexOf('.')) === pattern.slice(1)
    : hostname === pattern;
}

async function readWord(files: OrganisationFiles, file: string, field: string): Promise<string | undefined> {
  const word = (await files.read(file, field))?.toString('utf8').trim();
  if (word === undefined || /^[\w.-]+$/.test(word)) return word;
  throw new AppError('bad-input', `${file} (${field}) does not hold a part of a service token: one word.`, {
    hint: 'It must hold the Client ID or the Client Secret of a service token for Cloudflare Access, and nothing else.',
  });
}
