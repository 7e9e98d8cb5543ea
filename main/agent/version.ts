import manifest from '../../package.json' with { type: 'json' };

export const version: string = manifest.version;

/** The User-Agent of our requests to the edge. */
export const userAgent = `k8s-tunnels/${version}`;
