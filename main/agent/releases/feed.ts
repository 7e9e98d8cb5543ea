import type { Organisation } from '../../model/organisation.ts';
import type { Channel } from '../../model/release.ts';
import { builtInFeed } from './built-in-feed.ts';

/** The address of a release feed, and the keys whose signatures count. */
export interface Feed {
  readonly url: string;
  readonly keys: readonly string[];
  readonly channel: Channel;
}

/** Returns undefined if there is no feed to ask. */
export function feedOf(organisation: Organisation | undefined, builtIn = builtInFeed): Feed | undefined {
  const { url = builtIn.url, publicKey, channel = 'stable', ...others } = organisation?.releases ?? {};
  const { publicKeys: keys = publicKey === undefined ? builtIn.keys : [publicKey] } = others;
  return url === '' ? undefined : { url, keys, channel };
}
