/** What the world holds at Google, as data. */

export interface GcpProject {
  readonly id: string;
  readonly number: string;
  /** Whether its GKE API answers: switched off, or on and out of the person's reach. */
  readonly gke: 'enabled' | 'disabled' | 'denied';
  /** The reason for which Google refuses calls to it, whoever makes them: `google.api.ErrorReason`. */
  readonly refuses?: string;
  /** Whether its fleet can be listed, and the Connect gateway used. Both work where left out. */
  readonly hub?: 'disabled' | 'denied';
  readonly gateway?: 'disabled' | 'denied';
  /** The only account that it is known to; every one where undefined. */
  readonly only?: string;
}

export interface GkeCluster {
  readonly project: string;
  /** A region or a zone. */
  readonly location: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** How its control plane is reached: on a private address too, on a public one alone, or by DNS alone. */
  readonly endpoint: 'private' | 'public' | 'dns';
  /** With `dns`: its endpoint is closed to users. */
  readonly closed?: boolean;
}

/** A cluster that is registered to a project's fleet. */
export interface FleetMembership {
  readonly project: string;
  /** `global` or a region. */
  readonly location: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Whose API the gateway leads to, by its name in the plan. */
  readonly cluster: string;
  /** A cluster of GKE; otherwise one that is elsewhere. */
  readonly gke?: boolean;
}

export interface GcpPlan {
  readonly memberships?: readonly FleetMembership[];
  readonly projects: readonly GcpProject[];
  readonly clusters: readonly GkeCluster[];
  /** Zones that do not answer: listings leave their clusters out and say so. */
  readonly missingZones: readonly string[];
  /** Projects in a page of a search, whatever more is asked for. */
  readonly longestPage: number;
}

/** `k8s-tunnels-hostname` and more, as labels hold them: no dots, no capitals, 63 characters. */
const tunnel = (hostname: string, more: Readonly<Record<string, string>> = {}) => ({
  'k8s-tunnels-hostname': hostname.replaceAll('.', '_'),
  ...more,
});

export const defaultGcp: GcpPlan = {
  projects: [
    { id: 'acme-shop', number: '314159265358', gke: 'enabled' },
    { id: 'acme-analytics', number: '271828182845', gke: 'enabled' },
    { id: 'acme-website', number: '161803398874', gke: 'enabled' },
    { id: 'acme-mailing', number: '141421356237', gke: 'disabled' },
    { id: 'acme-finance', number: '173205080756', gke: 'denied' },
  ],
  clusters: [
    {
      project: 'acme-shop',
      location: 'europe-west1',
      name: 'storefront-staging',
      labels: tunnel('storefront-staging.k8s.acme.example', {
        'k8s-tunnels-environment': 'staging',
        'k8s-tunnels-owner': 'team-shop__40acme_example',
        // Longer than one label can be.
        'k8s-tunnels-description': '__54he__20web__20shop__2c__20a__20day__20before__20its__20custo',
        'k8s-tunnels-description-2': 'mers__20see__20it',
      }),
      endpoint: 'private',
    },
    {
      project: 'acme-shop',
      location: 'europe-west1',
      name: 'storefront-prod',
      labels: tunnel('storefront-prod.k8s.acme.example', { 'k8s-tunnels-environment': 'production' }),
      endpoint: 'private',
    },
    {
      project: 'acme-analytics',
      location: 'us-central1-b',
      name: 'reports',
      labels: tunnel('reports.k8s.acme.example', { 'k8s-tunnels-group': 'analytics' }),
      endpoint: 'public',
    },
    {
      project: 'acme-analytics',
      location: 'us-central1',
      name: 'trials',
      labels: { team: 'data' },
      endpoint: 'public',
    },
  ],
  missingZones: [],
  longestPage: 500,
};

/** `10.x.y.z` of a private control plane and `34.x.y.z` of a public one, made from the cluster's name. */
export function gkeAddresses(cluster: GkeCluster) {
  let hash = 0x811c9dc5;
  for (const char of gkeName(cluster)) hash = Math.imul(hash ^ char.charCodeAt(0), 0x01000193) >>> 0;
  const rest = [hash >>> 24, (hash >>> 16) & 255, (hash >>> 8) & 255].join('.');
  const id = hash.toString(16).padStart(8, '0').repeat(4);
  const number = (hash % 900_000_000_000) + 100_000_000_000;
  return {
    private: `10.${rest}`,
    public: `34.${rest}`,
    dns: `gke-${id}-${number}.${cluster.location}.gke.goog`,
  };
}

/** The host at which the cluster's API is served. */
export function gkeHost(cluster: GkeCluster): string {
  return gkeAddresses(cluster)[cluster.endpoint];
}

export function gkeName({ project, location, name }: GkeCluster): string {
  return `projects/${project}/locations/${location}/clusters/${name}`;
}
