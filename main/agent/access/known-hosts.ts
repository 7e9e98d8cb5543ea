/** The ports on which Cloudflare's edge serves https. */
const edgePorts = new Set(['', '443', '2053', '2083', '2087', '2096', '8443']);
/** Names that lead into this computer, its network or its cloud, never to the edge. */
const privateSuffixes = ['localhost', 'local', 'internal', 'lan', 'home.arpa'];
/** Below these anybody can have a name. */
const sharedZones = new Set(['workers.dev', 'pages.dev', 'trycloudflare.com']);
/** The same below a country's own kinds of names (https://publicsuffix.org): of `acme.co.uk`, the zone is not `co.uk`. */
const countryZone = /^(?:ac|co|com|edu|go|gob|gov|ltd|me|mil|ne|net|nom|or|org|plc)\.[a-z]{2}$/;

/**
 * Whether a host name that a tag gives, perhaps with a port, can be one of Cloudflare's edge: nothing else is asked for
 * an Access application.
 */
export function canBeAtEdge(hostname: string): boolean {
  const [name = '', port = ''] = hostname.split(':');
  return (
    name.includes('.') &&
    !/^[\d.]+$/.test(name) &&
    !privateSuffixes.some((suffix) => name === suffix || name.endsWith(`.${suffix}`)) &&
    edgePorts.has(port)
  );
}

/**
 * Whether a host name lies in the DNS zone of an application that is known to be a team's. Who can put a name there is of
 * the same organisation, so that asking it tells nobody else what the user has.
 */
export function isBeside(hostname: string, known: readonly string[]): boolean {
  const [name = ''] = hostname.split(':');
  return known.some((one) => {
    const zone = zoneOf(one);
    return zone !== undefined && name.endsWith(`.${zone}`);
  });
}

/** Of `*.k8s.acme.example` and `prod.k8s.acme.example` it is `k8s.acme.example`. */
function zoneOf(hostname: string): string | undefined {
  const [name = ''] = hostname.split(/[:/]/);
  const zone = name.slice(name.indexOf('.') + 1);
  return zone.includes('.') && !sharedZones.has(zone) && !countryZone.test(zone) ? zone : undefined;
}
