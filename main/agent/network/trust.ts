import { X509Certificate } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import tls from 'node:tls';
import { AppError, errnoOf } from '../../model/app-error.ts';
import type { Environment } from '../parts.ts';

/**
 * The variables by which other tools find a company's certificate authorities: the AWS command line, Python's requests
 * (with it `az` and `gcloud`), curl, OpenSSL. Each names a PEM file or a folder of PEM files.
 */
const toolVariables = ['AWS_CA_BUNDLE', 'REQUESTS_CA_BUNDLE', 'CURL_CA_BUNDLE', 'SSL_CERT_DIR'] as const;

/**
 * Makes every TLS client of this process (SDKs too) trust Node's own list, the system's store, and the additional CA
 * certificates that `NODE_EXTRA_CA_CERTS`, `SSL_CERT_FILE`, the variables of other tools and the setting name (PEM
 * files, any number of certificates each). Call it once, before the first connection. It does not rely on Node's own
 * switches: the fuses of a packaged Electron disable them. Returns the errors of files that only other tools' variables
 * name: a variable that was set for another tool must not stop this one.
 * Throws `file-unreadable` or `bad-input` if another named file cannot be used: without a proxy's CA certificate, every
 * host would fail with a puzzling certificate error.
 */
export function trustAuthorities(options: {
  readonly env: Environment;
  readonly setting?: string | undefined;
}): readonly AppError[] {
  const { env, setting } = options;
  const sources: readonly (readonly [string, string | undefined])[] = [
    ['NODE_EXTRA_CA_CERTS', env.NODE_EXTRA_CA_CERTS],
    ['SSL_CERT_FILE', env.SSL_CERT_FILE],
    ['the setting extraAuthorities', setting],
  ];
  const extra = sources.flatMap(([origin, file = '']) => (file === '' ? [] : readAuthorities(origin, file)));
  const errors: AppError[] = [];
  for (const origin of toolVariables) {
    const value = env[origin] ?? '';
    // As for OpenSSL, it may be a list of folders.
    for (const place of origin === 'SSL_CERT_DIR' ? value.split(path.delimiter) : [value]) {
      if (place === '') continue;
      try {
        extra.push(...readAuthoritiesAt(origin, place));
      } catch (error) {
        if (!(error instanceof AppError)) throw error;
        errors.push(error);
      }
    }
  }
  tls.setDefaultCACertificates([
    ...new Set([...tls.getCACertificates('bundled'), ...tls.getCACertificates('system'), ...extra]),
  ]);
  return errors;
}

/**
 * As `trustAuthorities`, but skips the setting's file too if it cannot be used: users change the setting through the
 * agent, so a wrong one must not keep the agent from starting. Returns the errors of all skipped files.
 */
export function trustUsableAuthorities(options: Parameters<typeof trustAuthorities>[0]): readonly AppError[] {
  try {
    return trustAuthorities(options);
  } catch (error) {
    if (options.setting === undefined || !(error instanceof AppError)) throw error;
    return [error, ...trustAuthorities({ env: options.env })];
  }
}

/** As `readAuthorities`, also for a folder: then it reads every file in it that holds a certificate. */
function readAuthoritiesAt(origin: string, place: string): readonly string[] {
  return statSync(place, { throwIfNoEntry: false })?.isDirectory() === true
    ? authoritiesInFolder(origin, place)
    : readAuthorities(origin, place);
}

/**
 * Returns the certificates of all files in a folder that `origin` names, without repetitions. Throws `file-unreadable`
 * or `bad-input`, with the name.
 */
export function authoritiesInFolder(origin: string, folder: string): readonly string[] {
  let files: readonly string[];
  try {
    files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .map((name) => path.join(folder, name))
      .filter((file) => statSync(file, { throwIfNoEntry: false })?.isFile() === true);
  } catch (cause) {
    throw unreadable(origin, folder, cause);
  }
  const texts = files.map((file) => [file, readText(origin, file)] as const);
  const found = texts
    .filter(([, text]) => certificatesIn(text).length > 0)
    .flatMap(([file, text]) => authoritiesIn(text, { origin, file }));
  if (found.length > 0) return [...new Set(found)];
  throw new AppError('bad-input', `${folder}, named by ${origin}, holds no PEM certificate.`, {
    hint: 'It must hold files with blocks that begin with -----BEGIN CERTIFICATE-----.',
  });
}

/**
 * Returns the certificates of a PEM file that `origin` names. Throws `file-unreadable` or `bad-input`, with the name.
 */
export function readAuthorities(origin: string, file: string): readonly string[] {
  return authoritiesIn(readText(origin, file), { origin, file });
}

/** Throws `file-unreadable`, which names who named the file. */
export function readText(origin: string, file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw unreadable(origin, file, cause);
  }
}

function unreadable(origin: string, file: string, cause: unknown): AppError {
  return new AppError(
    'file-unreadable',
    `${file}, named by ${origin}, could not be read (${errnoOf(cause)}).`,
    { hint: `Correct the path in ${origin}, or unset it.`, cause },
  );
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
