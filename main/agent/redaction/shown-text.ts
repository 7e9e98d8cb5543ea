import { plainText } from '../plain-text.ts';
import { redact } from './redact.ts';

/** What is told to people of other programs' words: without secrets, and without characters that cannot be seen. */
export function shownText(text: string): string {
  const redacted = redact(text);
  const plain = plainText(redacted);
  // Characters that cannot be seen may have hidden a secret's form.
  return plain === redacted ? plain : redact(plain);
}
