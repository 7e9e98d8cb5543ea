import path from 'node:path';
import { AppError, toPlainError } from '../../model/app-error.ts';
import { type ManagedFile, readManagedFile } from './managed-file.ts';
import { missingSignature, signersOf } from './signature.ts';
import { parseKey } from './source.ts';

/** Returns the file of the keys that must sign a managed configuration: `organisation.keys` beside `organisation.yaml`. */
function managedKeysFile(file: string): string {
  return path.join(path.dirname(file), `${path.basename(file, path.extname(file))}.keys`);
}

/**
 * Checks the signature of a managed configuration (`<file>.sig`), if there is a file of keys beside it: one public key a
 * line, `#` begins a comment. Resolves with the keys that have signed it, or undefined without such a file. Rejects with
 * `organisation-refused`, `bad-input` (the keys), or as `readManagedFile` does.
 */
export async function managedSigners(
  { file, isOwn }: ManagedFile,
  text: string,
): Promise<readonly string[] | undefined> {
  const keysFile = managedKeysFile(file);
  const listed = await readManagedFile({ file: keysFile, isOwn });
  if (listed === undefined) return undefined;
  const keys = keysIn(listed, keysFile);
  const signature = await readManagedFile({ file: `${file}.sig`, isOwn });
  if (signature === undefined) throw missingSignature(file);
  return signersOf({ place: file, bytes: Buffer.from(text), signature: Buffer.from(signature), keys });
}

function keysIn(text: string, file: string): readonly string[] {
  const keys = text.split('\n').flatMap((line, index) => {
    const key = line.replace(/#.*/, '').trim();
    if (key === '') return [];
    try {
      return [parseKey(key)];
    } catch (error) {
      const { message } = toPlainError(error);
      throw new AppError('bad-input', `${file}, line ${index + 1}: ${message}`, {
        hint: 'Write one public key a line, as `k8s-tunnels setup --new-key FILE` prints it.',
        cause: error,
      });
    }
  });
  if (keys.length > 0) return keys;
  throw new AppError('bad-input', `${file} holds no key.`, {
    hint: 'Write the public keys into it, one a line, or remove it: the configuration then needs no signature.',
  });
}
