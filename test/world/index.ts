import { parseArgs } from 'node:util';
import { gkeHost } from './gcp/gcp-plan.ts';
import { aksHost, eksEndpointHost } from './plan.ts';
import { publishCommand } from './releases/publish-command.ts';
import { scalePlan } from './scale-plan.ts';
import { startWorld } from './world.ts';

/**
 * `npm run world`: the world alone, until SIGTERM or SIGINT. With `--json` it prints one line: the environment
 * variables with which any client works against it, a folder for PATH, and the clusters it holds. With any of
 * `--accounts`, `--regions`, `--clusters` (EKS), `--projects`, `--gke` and `--aks` it holds so many of each;
 * `--latency` is the ms before every answer. With `--releases` it has a release feed, and prints how to publish to it.
 */
const counts = ['accounts', 'regions', 'clusters', 'projects', 'gke', 'aks', 'latency'] as const;
const { values } = parseArgs({
  options: {
    json: { type: 'boolean' },
    accounts: { type: 'string' },
    regions: { type: 'string' },
    clusters: { type: 'string' },
    projects: { type: 'string' },
    gke: { type: 'string' },
    aks: { type: 'string' },
    latency: { type: 'string' },
    releases: { type: 'boolean' },
  },
});
const count = (name: (typeof counts)[number], otherwise: number): number => {
  const value = values[name];
  if (value === undefined) return otherwise;
  if (/^\d{1,6}$/.test(value)) return Number(value);
  console.error(`--${name} takes a number, not ${value}.`);
  process.exit(2);
};
const accounts = Math.max(1, count('accounts', 3));
const isScaled = counts.some((name) => name !== 'latency' && values[name] !== undefined);
const plan = scalePlan({
  accounts,
  regions: Math.min(17, Math.max(1, count('regions', 17))),
  clusters: count('clusters', 0),
  projects: count('projects', count('gke', 0) > 0 ? accounts : 0),
  gke: count('gke', 0),
  aks: count('aks', 0),
});
const world = await startWorld({
  ...(isScaled ? { plan } : {}),
  latencyMs: count('latency', 0),
  releases: values.releases,
});
const publish = world.releases === undefined ? undefined : publishCommand(world.releases);
const clusters = [
  ...world.plan.eks.map((cluster) => ({
    source: 'eks',
    account: cluster.account,
    region: cluster.region,
    name: cluster.name,
    server: `https://${eksEndpointHost(cluster)}`,
    hostname: cluster.tags['k8s-tunnels-hostname'],
  })),
  ...world.plan.gcp.clusters.map((cluster) => ({
    source: 'gke',
    account: cluster.project,
    region: cluster.location,
    name: cluster.name,
    server: `https://${gkeHost(cluster)}`,
    hostname: cluster.labels['k8s-tunnels-hostname'],
  })),
  ...world.plan.azure.aks.map((cluster) => ({
    source: 'aks',
    account: cluster.subscription,
    region: cluster.location,
    name: cluster.name,
    server: `https://${aksHost(cluster)}:443`,
    hostname: cluster.tags['k8s-tunnels-hostname'],
  })),
  ...world.plan.vault.secrets.map((secret) => ({
    source: 'vault',
    path: `${world.plan.vault.mount}/${secret.path}`,
    name: secret.name,
    server: secret.server,
    hostname: secret.customMetadata['k8s-tunnels-hostname'],
  })),
];
const end = async () => {
  await world.close();
  process.exit(0);
};
process.once('SIGTERM', () => void end());
process.once('SIGINT', () => void end());
if (values.json === true) console.log(JSON.stringify({ env: world.env, bin: world.bin, clusters, publish }));
else {
  console.log('The world is up. Paste this into a terminal:\n');
  for (const [name, value] of Object.entries(world.env)) console.log(`  export ${name}='${value}'`);
  console.log(`  export PATH='${world.bin}':"$PATH"`);
  if (publish !== undefined) console.log(`\nThis publishes a release:\n\n  ${publish}`);
  console.log(`\nIt holds ${clusters.length} clusters. Ctrl-C ends it.`);
}
