import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Prepared, prepareTools } from '../tools/prepare.ts';
import { startCluster } from './cluster.ts';
import type { HandedOver } from './handed-over.ts';
import { apiHosts, type Rig, startRig } from './rig.ts';
import { clientTools, rigTools } from './tools.ts';

/**
 * `npm run test:clients`: real Kubernetes clients through the built product against a real kube-apiserver, by the table in
 * `main/model/clients/table.ts`. Tools are fetched or built once into the cache; what cannot be had is skipped with the
 * reason, and a failure with K8S_TUNNELS_CLIENTS=required. Arguments go to vitest: `-- -t kubectl` runs one client.
 */
const seconds = (since: number) => `${((performance.now() - since) / 1000).toFixed(0)} s`;
const begin = performance.now();
const tools = await prepareTools([...rigTools, ...clientTools]);
console.log(`tools: ${seconds(begin)}`);
const folder = await mkdtemp(path.join(tmpdir(), 'k8s-tunnels-clients-run-'));
const file = path.join(folder, 'rig.json');
let rig: Rig | undefined;
let cluster: Awaited<ReturnType<typeof startCluster>> | undefined;
try {
  const handedOver: HandedOver = { tools, rig: await readyRig() };
  await writeFile(file, JSON.stringify(handedOver), { mode: 0o600 });
  process.exitCode = await vitest();
} finally {
  await rig?.close();
  await cluster?.close();
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
}

async function readyRig(): Promise<HandedOver['rig']> {
  const of = (id: string): Prepared => tools[id] ?? { status: 'missing', reason: `${id} was not prepared` };
  const [etcd, apiserver, kubelet] = [of('etcd'), of('kube-apiserver'), of('fakelet')];
  for (const one of [etcd, apiserver, kubelet])
    if (one.status !== 'ready') return { status: 'missing', reason: one.reason };
  const paths = [etcd, apiserver, kubelet].map((one) => (one.status === 'ready' ? one.path : ''));
  const start = performance.now();
  const programs = { etcd: paths[0] ?? '', apiserver: paths[1] ?? '', kubelet: paths[2] ?? '' };
  cluster = await startCluster(programs, apiHosts);
  rig = await startRig(cluster);
  console.log(`cluster, edge, product: ${seconds(start)}`);
  return { status: 'ready', kubeconfigs: rig.kubeconfigs, folder: rig.folder };
}

async function vitest(): Promise<number> {
  const config = path.join(import.meta.dirname, 'vitest.config.ts');
  const child = spawn('vitest', ['run', '--config', config, ...process.argv.slice(2)], {
    stdio: 'inherit',
    env: { ...process.env, K8S_TUNNELS_CLIENTS_RIG: file },
  });
  const [code] = (await once(child, 'close')) as [number | null];
  return code ?? 1;
}
