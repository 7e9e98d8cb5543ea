import { existsSync } from 'node:fs';
import path from 'node:path';
import { isBareAddress } from '../../agent/organisation/bare-address.ts';

/**
 * Makes a file's path absolute, because the agent has another working folder. An existing file wins over an address
 * without https://.
 */
export function placeFrom(source: string): string {
  if (/^[a-z][a-z0-9+.-]+:\/\//i.test(source)) return source;
  return isBareAddress(source) && !existsSync(source) ? source : path.resolve(source);
}
