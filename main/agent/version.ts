import manifest from '../../package.json' with { type: 'json' };

export const version: string = manifest.version;

/** What our requests to the edge call themselves. */
export const userAgent = `k8s-tunnels/${version}`;
