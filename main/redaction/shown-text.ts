import { plainText } from '../model/plain-text.ts';
import { redact } from './redact.ts';

/**
 * Makes text of other programs safe to show: removes secrets and characters that cannot be seen, and cuts it after
 * `longest` characters if that is given.
 */
export function shownText(text: string, longest?: number): string {
  const redacted = redact(text, longest);
  const plain = plainText(redacted);
  // Characters that cannot be seen may have hidden a secret's form.
  return plain === redacted ? plain : redact(plain);
}
