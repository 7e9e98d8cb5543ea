import { chmod, readFile } from 'node:fs/promises';
import path from 'node:path';
import { parseOrganisation } from '../../agent/organisation/parse.ts';
import { readRegularFile } from '../../agent/organisation/regular-file.ts';
import { unreadable } from '../../agent/storage/unreadable.ts';
import { writeFileAtomic } from '../../agent/storage/write-file-atomic.ts';
import { AppError } from '../../model/app-error.ts';
import { command } from '../../model/command.ts';
import { exitCodes } from '../exit-codes.ts';
import { writeJson } from '../json-document.ts';
import { newKey, signingKeyFrom, writeNewKey } from '../publish/signing-key.ts';
import { writeAside, writeLines } from '../report.ts';

/** Of PEM (RFC 7468). */
const label = 'PRIVATE KEY';

/**
 * Makes a key pair, writes the private key to a new file with mode 0600 (PEM), and prints the public key. Resolves with
 * the exit code. Rejects as `writeNewKey`.
 */
export async function runNewSigningKey(file: string, { json }: { readonly json: boolean }): Promise<number> {
  const { privateKey, publicKey } = newKey();
  // PEM, which openssl reads too (RFC 7468): the 64 characters are one line of it.
  await writeNewKey(file, `-----BEGIN ${label}-----\n${privateKey}\n-----END ${label}-----`);
  if (json) writeJson({ file, publicKey });
  else {
    writeLines([publicKey]);
    writeAside([
      `The private key is in ${file}: who has it signs in your organisation's name.`,
      command`Sign: k8s-tunnels setup --sign k8s-tunnels.yaml --key-file ${file}`,
      'The public key is what people give to --key, and what signing.publicKeys lists.',
    ]);
  }
  return exitCodes.ok;
}

/**
 * Writes `<file>.sig`: a signature of each key over the file's bytes, one a line, in the order of the keys. Resolves with
 * the exit code. Rejects with `bad-input` if the file is not a good configuration, lists none of the keys
 * or a key is none, `file-unreadable` or
 * `file-unwritable`; then nothing is written.
 */
export async function runSign(
  source: string,
  keyFiles: readonly string[],
  { json }: { readonly json: boolean },
): Promise<number> {
  if (keyFiles.length === 0)
    throw new AppError('bad-input', 'There is no key to sign with.', {
      hint: 'Give --key-file. A new key: k8s-tunnels setup --new-key FILE',
    });
  const file = path.resolve(source);
  const bytes = await readRegularFile(file).catch((cause: unknown) => {
    throw cause instanceof AppError ? cause : unreadable(file, cause, { hint: 'Check the path.' });
  });
  const { signing } = parseOrganisation(bytes.toString('utf8'), source);
  const keys = await Promise.all(
    keyFiles.map(async (keyFile) => {
      const text = await readFile(keyFile, 'utf8').catch((cause: unknown) => {
        throw unreadable(keyFile, cause, { hint: 'Give the file with the private key to --key-file.' });
      });
      return signingKeyFrom(text, keyFile, 'setup');
    }),
  );
  const publicKeys = keys.map(({ publicKey }) => publicKey);
  // An installation that accepts it would accept nothing of ours any more.
  if (signing !== undefined && !publicKeys.some((key) => signing.publicKeys.includes(key)))
    throw new AppError('bad-input', `${source} lists none of these keys (signing.publicKeys).`, {
      hint: 'List your own keys there, and sign with one of them too: repeat --key-file.',
    });
  const signatureFile = `${file}.sig`;
  const lines = keys.map((key) => `${key.sign(bytes).toString('base64')}\n`);
  await writeFileAtomic(signatureFile, lines.join(''));
  // A web server, or another user of this computer, has to read it.
  await chmod(signatureFile, 0o644);
  if (json) writeJson({ file: signatureFile, publicKeys });
  else {
    writeLines([signatureFile]);
    writeAside(publicKeys.map((key) => `signed by ${key}`));
  }
  return exitCodes.ok;
}
