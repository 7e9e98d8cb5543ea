import { readFileSync } from 'node:fs';
import { unescapeHtml } from './form.ts';

/** Where a browser ends that is given an address: a page on disk leads on by itself. */
export function ledTo(address: string): string {
  if (!address.startsWith('file:')) return address;
  const html = readFileSync(new URL(address), 'utf8');
  const url = refreshIn(html);
  if (url === undefined) throw new Error(`${address} leads nowhere`);
  return url;
}

/** The address that a page leads to at once. */
export function refreshIn(html: string): string | undefined {
  const [, url] = /http-equiv="refresh" content="0; url=([^"]+)"/.exec(html) ?? [];
  return url === undefined ? undefined : unescapeHtml(url);
}
