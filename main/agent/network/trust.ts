import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import tls from 'node:tls';
import { AppError, errnoOf } from '../../model/app-error.ts';
import type { Environment } from '../parts.ts';

/**
 * Makes every TLS client of this process (SDKs too) trust Node's own list, the system's store, and the additional CA
 * certificates that `NODE_EXTRA_CA_CERTS`, `SSL_CERT_FILE` and the setting name (PEM files, any number of certificates
 * each). Call it once, before the first connection. It does not rely on Node's own switches: the fuses of a packaged
 * Electron disable them.
 * Throws `file-unreadable` or `bad-input` if a named file cannot be used: without a proxy's CA certificate, every host
 * would fail with a puzzling certificate error.
 */
export function trustAuthorities(options: {
  readonly env: Environment;
  readonly setting?: string | undefined;
}): void {
  const sources: readonly (readonly [string, string | undefined])[] = [
    ['NODE_EXTRA_CA_CERTS', options.env.NODE_EXTRA_CA_CERTS],
    ['SSL_CERT_FILE', options.env.SSL_CERT_FILE],
    ['the setting extraAuthorities', options.setting],
  ];
  const extra = sources.flatMap(([origin, file]) =>
    file === undefined || file === '' ? [] : readAuthorities(origin, file),
  );
  tls.setDefaultCACertificates([
    ...new Set([...tls.getCACertificates('bundled'), ...tls.getCACertificates('system'), ...extra]),
  ]);
}

/**
 * As `trustAuthorities`, but skips the setting's file if it cannot be used: users change the setting through the agent,
 * so a wrong one must not keep the agent from starting. Returns the error of the setting's file. Throws for the
 * environment's files.
 */
export function trustUsableAuthorities(
  options: Parameters<typeof trustAuthorities>[0],
): AppError | undefined {
  try {
    trustAuthorities(options);
    return undefined;
  } catch (error) {
    if (options.setting === undefined || !(error instanceof AppError)) throw error;
    trustAuthorities({ env: options.env });
    return error;
  }
}

/**
 * Returns the certificates of a PEM file that `origin` names. Throws `file-unreadable` or `bad-input`, with the name.
 */
export function readAuthorities(origin: string, file: string): readonly string[] {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    throw new AppError(
      'file-unreadable',
      `${file}, named by ${origin}, could not be read (${errnoOf(cause)}).`,
      {
        hint: `Correct the path in ${origin}, or unset it.`,
        cause,
      },
    );
  }
  return authoritiesIn(text, { origin, file });
}

/** Returns the certificates of a PEM text: that of `file`, or of the variable `origin` itself. Throws `bad-input`. */
export function authoritiesIn(
  text: string,
  { origin, file }: { readonly origin: string; readonly file?: string },
): readonly string[] {
  const what = file === undefined ? origin : `${file}, named by ${origin},`;
  const certificates = certificatesIn(text);
  if (certificates.length === 0) {
    throw new AppError('bad-input', `${what} holds no PEM certificate.`, {
      hint: 'It must hold one or more blocks that begin with -----BEGIN CERTIFICATE-----.',
    });
  }
  for (const certificate of certificates) check(certificate, what);
  return certificates;
}

/** Returns each PEM block. Uses no regular expression: text with many begins and no end would take quadratic time. */
function certificatesIn(text: string): readonly string[] {
  const [begin, end] = ['-----BEGIN CERTIFICATE-----', '-----END CERTIFICATE-----'];
  const found: string[] = [];
  for (let at = text.indexOf(begin); at !== -1; at = text.indexOf(begin, at)) {
    const last = text.indexOf(end, at + begin.length);
    if (last === -1) break;
    found.push(text.slice(at, last + end.length));
    at = last + end.length;
  }
  return found;
}

function check(certificate: string, what: string): void {
  try {
    new X509Certificate(certificate);
  } catch (cause) {
    throw new AppError('bad-input', `${what} holds a certificate that is damaged.`, {
      hint: 'Ask the administrator who gave you the file for a new copy.',
      cause,
    });
  }
}
