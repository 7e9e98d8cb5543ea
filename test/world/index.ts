import { parseArgs } from 'node:util';
import { gkeHost } from './gcp/gcp-plan.ts';
import { aksHost, eksEndpointHost } from './plan.ts';
import { scalePlan } from './scale-plan.ts';

const help = `npm run world -- [options]

The made-up organisation on loopback, for any client, until Ctrl-C or SIGTERM. It prints the environment with which a
client works against it.

  --json          print one line of JSON: the environment, a folder for PATH, and the clusters
  --accounts N    AWS accounts
  --regions N     regions of each account, 17 at most
  --clusters N    clusters of EKS
  --projects N    Google projects
  --gke N         clusters of GKE
  --aks N         clusters of AKS
  --latency MS    wait before every answer
  --releases      also a release feed, and the command that publishes to it
  --help          this text`;

const counts = ['accounts', 'regions', 'clusters', 'projects', 'gke', 'aks', 'latency'] as const;
const options = {
  json: { type: 'boolean' },
  accounts: { type: 'string' },
  regions: { type: 'string' },
  clusters: { type: 'string' },
  projects: { type: 'string' },
  gke: { type: 'string' },
  aks: { type: 'string' },
  latency: { type: 'string' },
  releases: { type: 'boolean' },
  help: { type: 'boolean' },
} as const;

function readArguments() {
  try {
    return parseArgs({ options }).values;
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n\n${help}`);
    process.exit(2);
  }
}

const values = readArguments();
if (values.help === true) {
  console.log(help);
  process.exit(0);
}
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
// Loaded once the arguments are good: the servers of the world take a while.
const { startWorld } = await import('./world.ts');
const { publishCommand } = await import('./releases/publish-command.ts');
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
