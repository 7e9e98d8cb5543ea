import { AppError } from '../../model/app-error.ts';
import { command } from '../../model/command.ts';

/**
 * Decodes the text of a kubeconfig, and keeps a byte order mark. UTF-16 with a mark is read, as kubectl does, and written
 * by nobody: an edit rejects it. Throws `kubeconfig-invalid` if the bytes are neither, which kubectl refuses too, and
 * `kubeconfig-unsupported` for UTF-16 if the text is to be edited.
 */
export function decode(bytes: Uint8Array, file: string, use: 'read' | 'edit'): string {
  const wide = wideEncoding(bytes);
  if (wide !== undefined && use === 'edit') {
    throw new AppError('kubeconfig-unsupported', `${file}, line 1: the file is UTF-16 text, not UTF-8.`, {
      hint: `Convert it: ${command`iconv -f UTF-16 -t UTF-8 ${file}`} prints it as UTF-8. An editor can save it so, too.`,
    });
  }
  try {
    return new TextDecoder(wide ?? 'utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    const line = wide === undefined ? invalidLine(bytes) : 1;
    throw new AppError('kubeconfig-invalid', `${file}, line ${line}: the file is not UTF-8 text.`, {
      hint: 'Save the file as UTF-8: kubectl cannot read it as it is.',
      cause,
    });
  }
}

function wideEncoding([first, second]: Uint8Array): 'utf-16le' | 'utf-16be' | undefined {
  if (first === 0xff && second === 0xfe) return 'utf-16le';
  return first === 0xfe && second === 0xff ? 'utf-16be' : undefined;
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
