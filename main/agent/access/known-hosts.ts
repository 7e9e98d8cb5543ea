/** The ports on which Cloudflare's edge serves https. */
const edgePorts = new Set(['', '443', '2053', '2083', '2087', '2096', '8443']);
/** Names inside this computer, its network or its cloud, never at the edge. */
const privateSuffixes = ['localhost', 'local', 'internal', 'lan', 'home.arpa'];
/** Anyone can register a name below these. */
const sharedZones = new Set(['workers.dev', 'pages.dev', 'trycloudflare.com']);
/** The same below a country's generic names (https://publicsuffix.org): the zone of `acme.co.uk` is not `co.uk`. */
const countryZone = /^(?:ac|co|com|edu|go|gob|gov|ltd|me|mil|ne|net|nom|or|org|plc)\.[a-z]{2}$/;

/**
 * Returns true if a hostname from a tag, optionally with a port, or the address of an application with a path, can be at Cloudflare's edge. No other host is asked
 * about an Access application.
 */
export function canBeAtEdge(hostname: string): boolean {
  const [name = '', port = ''] = (hostname.split('/')[0] ?? '').split(':');
  return (
    name.includes('.') &&
    !/^[\d.]+$/.test(name) &&
    !privateSuffixes.some((suffix) => name === suffix || name.endsWith(`.${suffix}`)) &&
    edgePorts.has(port)
  );
}

/**
 * Returns true if a hostname is in the DNS zone of an application that is known to belong to a team. Only the same
 * organisation can create a name there, so asking that host reveals nothing about the user to others.
 */
export function isBeside(hostname: string, known: readonly string[]): boolean {
  const [name = ''] = hostname.split(':');
  return known.some((one) => {
    const zone = zoneOf(one);
    return zone !== undefined && name.endsWith(`.${zone}`);
  });
}

/** Returns `k8s.acme.example` for both `*.k8s.acme.example` and `prod.k8s.acme.example`. */
function zoneOf(hostname: string): string | undefined {
  const [name = ''] = hostname.split(/[:/]/);
  const zone = name.slice(name.indexOf('.') + 1);
  return zone.includes('.') && !sharedZones.has(zone) && !countryZone.test(zone) ? zone : undefined;
}
