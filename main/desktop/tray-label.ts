import { plainText } from '../model/plain-text.ts';

/** Formats an item's label, with a note after its title. */
export function trayLabel(title: string, aside: string): string {
  return trayText(aside === '' ? title : `${title}   ${aside}`);
}

/** Formats a tag as one line; `&` would mark an access key. */
export function trayText(words: string): string {
  return plainText(words).replaceAll('&', '&&');
}
