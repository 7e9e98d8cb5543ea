import { AppError } from '../../model/app-error.ts';

/** The encodings that kubectl reads: go-yaml tells them apart by the byte order mark, and takes UTF-8 without one. */
type Encoding = 'utf-8' | 'utf-16le' | 'utf-16be';

/**
 * Decodes the text of a kubeconfig, and keeps a byte order mark. Throws `kubeconfig-invalid` if the bytes are neither UTF-8
 * nor UTF-16 with a mark, which kubectl refuses too.
 */
export function decode(bytes: Uint8Array, file: string): string {
  const encoding = encodingOf(bytes);
  try {
    return new TextDecoder(encoding, { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    const [line, name] = encoding === 'utf-8' ? [invalidLine(bytes), 'UTF-8'] : [1, 'UTF-16'];
    throw new AppError('kubeconfig-invalid', `${file}, line ${line}: the file is not ${name} text.`, {
      hint: 'Save the file as UTF-8: kubectl cannot read it as it is.',
      cause,
    });
  }
}

/** Decodes the text of a kubeconfig to show it. Replaces bytes that are no text. */
export function readable(bytes: Uint8Array): string {
  return new TextDecoder(encodingOf(bytes)).decode(bytes);
}

/** Encodes the new text of a kubeconfig as its old bytes are: a program that wrote UTF-16 may read nothing else. */
export function encodeAs(old: Uint8Array, text: string): Buffer {
  const encoding = encodingOf(old);
  if (encoding === 'utf-8') return Buffer.from(text);
  const bytes = Buffer.from(text, 'utf16le');
  return encoding === 'utf-16le' ? bytes : bytes.swap16();
}

function encodingOf([first, second]: Uint8Array): Encoding {
  if (first === 0xff && second === 0xfe) return 'utf-16le';
  return first === 0xfe && second === 0xff ? 'utf-16be' : 'utf-8';
}

function invalidLine(bytes: Uint8Array): number {
  const lines = Buffer.from(bytes).toString('latin1').split('\n');
  const index = lines.findIndex((line) => !isUtf8(Buffer.from(line, 'latin1')));
  return index < 0 ? 1 : index + 1;
}

function isUtf8(bytes: Uint8Array): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}
