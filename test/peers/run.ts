import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { prepareTools } from '../tools/prepare.ts';
import { peerTools } from './tools.ts';

/**
 * `npm run test:peers`: the product and the doubles of `test/world` beside real servers: moto for AWS, OpenBao for Vault, oidc-provider
 * and dex for OpenID Connect, a real kube-apiserver. They are fetched or built once into the cache; what cannot be had is skipped
 * with the reason, and a failure with K8S_TUNNELS_PEERS=required. Arguments go to vitest.
 */
const tools = await prepareTools(peerTools);
const folder = await mkdtemp(path.join(tmpdir(), 'k8s-tunnels-peers-'));
try {
  const file = path.join(folder, 'tools.json');
  await writeFile(file, JSON.stringify(tools));
  const of = (id: string) => (tools[id]?.status === 'ready' ? tools[id].path : '');
  const config = path.join(import.meta.dirname, 'vitest.config.ts');
  const child = spawn('vitest', ['run', '--config', config, ...process.argv.slice(2)], {
    stdio: 'inherit',
    env: {
      ...process.env,
      K8S_TUNNELS_PEERS_TOOLS: file,
      // What the world's own tests compare it with.
      ...(of('kube-apiserver') === '' || of('etcd') === ''
        ? {}
        : { K8S_TUNNELS_KUBE_APISERVER: of('kube-apiserver'), K8S_TUNNELS_ETCD: of('etcd') }),
      ...(of('helm-3') === '' ? {} : { K8S_TUNNELS_HELM: of('helm-3') }),
      PATH: [path.dirname(of('kubectl')), process.env.PATH ?? ''].join(path.delimiter),
    },
  });
  const [code] = (await once(child, 'close')) as [number | null];
  process.exitCode = code ?? 1;
} finally {
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
}
