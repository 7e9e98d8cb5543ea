import { sourceTitles } from '../../main/model/sources.ts';

/** What several pages call a cluster's fields, and the values of some. */
export const clusterText = {
  /** The location of the organisation's catalog itself. */
  catalog: 'Catalog',
  sources: sourceTitles,
  connectors: { builtin: 'k8s-tunnels', cloudflared: 'cloudflared', direct: 'none (direct connection)' },
  fields: {
    location: 'location',
    environment: 'environment',
    name: 'cluster name',
    hostname: 'hostname',
    server: 'API server',
    version: 'version',
    group: 'group',
    owner: 'owner',
    description: 'description',
    docs: 'documentation',
    namespace: 'namespace',
    seen: 'last seen',
  },
} as const;
