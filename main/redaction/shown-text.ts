import { plainText } from '../model/plain-text.ts';
import { redact } from './redact.ts';

/**
 * What is shown of other programs' words: without secrets, without characters that cannot be seen, and cut after
 * `longest` characters where that is given.
 */
export function shownText(text: string, longest?: number): string {
  const redacted = redact(text, longest);
  const plain = plainText(redacted);
  // Characters that cannot be seen may have hidden a secret's form.
  return plain === redacted ? plain : redact(plain);
}
