import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { createCatalog } from '../../main/agent/catalog/catalog.ts';
import { silentLogger, systemClock } from '../../main/agent/parts.ts';
import { pathsFrom } from '../../main/agent/paths.ts';
import { type Cluster, clusterId } from '../../main/model/cluster.ts';
import { inTurn, type Row } from './row.ts';

const run = promisify(execFile);
const program = path.resolve(import.meta.dirname, '..', '..', 'out', 'cli', 'k8s-tunnels.cjs');

/** From the catalog on disk to `list --json` printed, without and with an agent that runs already. */
export async function* coldList(small: boolean): AsyncIterable<Row> {
  const clusters = small ? 100 : 10_000;
  const home = await mkdtemp(path.join(tmpdir(), 'k8s-tunnels-bench-'));
  const env = {
    HOME: home,
    PATH: process.env.PATH,
    K8S_TUNNELS_MANAGED_CONFIG: path.join(home, 'managed.yaml'),
  };
  const paths = pathsFrom(env);
  await mkdir(paths.state, { recursive: true, mode: 0o700 });
  const catalog = await createCatalog({
    folder: path.join(paths.state, 'catalog'),
    clock: systemClock,
    logger: silentLogger,
    freshForMs: () => 3_600_000,
  });
  for (let account = 0; account < 20; account += 1)
    catalog.apply({
      cell: { source: 'eks', account: String(account), region: 'eu-west-1' },
      outcome: { kind: 'listed', clusters: clustersOf(String(account), clusters / 20) },
    });
  catalog.finish();
  await catalog.close();

  const tunnels = (...args: string[]) =>
    run(process.execPath, [program, ...args], { env, maxBuffer: 200_000_000 });
  /** Resolves with the time until it has ended, ms: what it printed is read by us, after that. */
  const list = async () => {
    const began = performance.now();
    const { stdout } = await tunnels('list', '--json');
    const took = performance.now() - began;
    const listed = (JSON.parse(stdout) as { clusters: unknown[] }).clusters.length;
    if (listed !== clusters) throw new Error(`${listed} clusters were listed where ${clusters} are`);
    return took;
  };
  await list();
  const took = await inTurn(
    {
      cold: async () => {
        await tunnels('quit', '--json');
        return list();
      },
      warm: async () => {
        await tunnels('status', '--json');
        return list();
      },
      bare: () => run(process.execPath, ['-e', '0'], { env }),
    },
    small ? 1 : 7,
  );
  await tunnels('quit', '--json');
  const reference = { name: 'node -e 0', figure: took('bare') };
  yield {
    name: `${clusters.toLocaleString('en')} clusters: start from disk to \`list --json\` printed, no agent runs`,
    unit: 'ms',
    ours: took('cold'),
    reference,
    goal: { atMost: 5 },
  };
  yield { name: 'the same, the agent runs', unit: 'ms', ours: took('warm'), reference };
  await rm(home, { recursive: true, force: true, maxRetries: 5 });
}

function clustersOf(account: string, count: number): Cluster[] {
  // As long as the base64 of a real authority's PEM.
  const certificateAuthorityData = 'LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0t'.repeat(40);
  return Array.from({ length: count }, (_, index): Cluster => {
    const name = `cluster-${account}-${index}`;
    return {
      id: clusterId('eks', account, 'eu-west-1', name),
      source: 'eks',
      account,
      region: 'eu-west-1',
      name,
      title: name,
      server: `https://${name}.gr7.eu-west-1.eks.amazonaws.com`,
      certificateAuthorityData,
      version: '1.33',
      status: 'ACTIVE',
      environment: index % 5 === 0 ? 'production' : 'staging',
      reach: { kind: 'tunnel', hostname: `${name}.k8s.example.com`, origin: 'socks' },
      credential: { kind: 'eks', cluster: name, region: 'eu-west-1', ways: [{ kind: 'profile', name: 'a' }] },
      tagProblems: [],
      seenAt: Date.now(),
      stale: false,
    };
  });
}
