import { parseArgs } from 'node:util';
import { eksEndpointHost } from './plan.ts';
import { startWorld } from './world.ts';

/**
 * `npm run world`: the world alone, until SIGTERM or SIGINT. With `--json` it prints one line: the environment
 * variables with which any client works against it, and the clusters it holds.
 */
const { values } = parseArgs({ options: { json: { type: 'boolean' }, latency: { type: 'string' } } });
const world = await startWorld(values.latency === undefined ? {} : { latencyMs: Number(values.latency) });
const clusters = [
  ...world.plan.eks.map((cluster) => ({
    source: 'eks',
    account: cluster.account,
    region: cluster.region,
    name: cluster.name,
    server: `https://${eksEndpointHost(cluster)}`,
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
if (values.json === true) console.log(JSON.stringify({ env: world.env, clusters }));
else {
  console.log('The world is up. Paste this into a terminal:\n');
  for (const [name, value] of Object.entries(world.env)) console.log(`  export ${name}='${value}'`);
  console.log(`\nIt holds ${clusters.length} clusters. Ctrl-C ends it.`);
}
const end = async () => {
  await world.close();
  process.exit(0);
};
process.once('SIGTERM', () => void end());
process.once('SIGINT', () => void end());
