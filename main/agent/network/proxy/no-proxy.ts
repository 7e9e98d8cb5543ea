import { BlockList, isIP } from 'node:net';

/**
 * Parses a `NO_PROXY` list as curl does (https://curl.se/docs/manpage.html, `--noproxy`): names separated by commas or
 * spaces, each with or without a leading dot, match the host itself and every host below it; an address or a CIDR block
 * (`10.0.0.0/8`, `fd00::/8`) matches addresses; `*` alone matches everything. Also accepts `host:port` and
 * `*.example.com`, which Go and Node support. Returns a function that returns true if a host is reached without a
 * proxy. An invalid entry matches nothing.
 */
export function noProxyRule(list: string): (host: string, port: number) => boolean {
  const entries = list
    .split(/[\s,]+/)
    .filter((entry) => entry !== '')
    .map(parseEntry);
  return (host, port) => {
    const name = host
      .replace(/^\[|\]$/g, '')
      .replace(/\.$/, '')
      .toLowerCase();
    return entries.some((entry) => entry.matches(name) && (entry.port === undefined || entry.port === port));
  };
}

interface Entry {
  readonly port: number | undefined;
  readonly matches: (name: string) => boolean;
}

function parseEntry(text: string): Entry {
  if (text === '*') return { port: undefined, matches: () => true };
  const [, bracketed, plain, port] = /^(?:\[([^\]]*)\]|([^:]*))(?::(\d+))?$/.exec(text) ?? [];
  // A bare IPv6 address has colons of its own.
  const name = (bracketed ?? plain ?? text).toLowerCase();
  return { port: port === undefined ? undefined : Number(port), matches: block(name) ?? domain(name) };
}

/** Returns a matcher for an address or a CIDR block, or undefined for a name. */
function block(name: string): ((host: string) => boolean) | undefined {
  const [address = '', bits, ...more] = name.split('/');
  const version = isIP(address);
  if (version === 0) return bits === undefined ? undefined : () => false;
  const longest = version === 4 ? 32 : 128;
  const length = bits === undefined ? longest : Number(bits);
  if (more.length > 0 || !/^\d{1,3}$/.test(bits ?? '0') || length > longest) return () => false;
  const family = version === 4 ? 'ipv4' : 'ipv6';
  const list = new BlockList();
  list.addSubnet(address, length, family);
  return (host) => isIP(host) !== 0 && list.check(host, isIP(host) === 4 ? 'ipv4' : 'ipv6');
}

function domain(name: string): (host: string) => boolean {
  const bare = name.replace(/^\*?\./, '').replace(/\.$/, '');
  return (host) => bare !== '' && (host === bare || host.endsWith(`.${bare}`));
}
