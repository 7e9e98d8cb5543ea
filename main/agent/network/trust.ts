import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import tls from 'node:tls';
import { AppError, errnoOf } from '../../model/app-error.ts';
import type { Environment } from '../parts.ts';

/**
 * Makes every TLS client of this process (the SDKs too) trust Node's own list, the system's store, and the extra
 * authorities that `NODE_EXTRA_CA_CERTS`, `SSL_CERT_FILE` and the setting name (PEM files, any number of
 * certificates each). Called once, before the first connection. Node's own switches are not relied on: the fuses of
 * a packaged Electron turn them off.
 * Rejects with `file-unreadable` or `bad-input` where a named file cannot be used: a proxy's missing authority would
 * otherwise show as a puzzling certificate error at every host.
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
 * As `trustAuthorities`, but without the setting's file where that cannot be used: the agent is what changes the setting,
 * so a wrong one must not keep it from starting. Returns what is wrong with it. Rejects for the environment's files.
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

function readAuthorities(origin: string, file: string): readonly string[] {
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
  const certificates = certificatesIn(text);
  if (certificates.length === 0) {
    throw new AppError('bad-input', `${file}, named by ${origin}, holds no PEM certificate.`, {
      hint: 'It must hold one or more blocks that begin with -----BEGIN CERTIFICATE-----.',
    });
  }
  for (const certificate of certificates) check(certificate, origin, file);
  return certificates;
}

/** Each PEM block. Not by a regular expression: of many that begin and none that ends it would take quadratic time. */
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

function check(certificate: string, origin: string, file: string): void {
  try {
    new X509Certificate(certificate);
  } catch (cause) {
    throw new AppError('bad-input', `${file}, named by ${origin}, holds a certificate that is damaged.`, {
      hint: 'Ask the administrator who gave you the file for a new copy.',
      cause,
    });
  }
}
