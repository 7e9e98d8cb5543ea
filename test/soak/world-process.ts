import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startAccess } from '../world/access/edge.ts';
import { createAuthority } from '../world/authority.ts';
import { startSocksServer } from '../world/origins/socks-server.ts';
import { connectTcp } from '../world/origins/tcp.ts';
import { firstPerson } from '../world/people.ts';
import { installBrowser } from '../world/person/wrapper.ts';
import { Traffic } from '../world/traffic.ts';
import { writeVaultHome } from '../world/vault/home.ts';
import { startVault } from '../world/vault/server.ts';
import { startApiServer } from './api-server.ts';
import { startCorporateProxy } from './corporate-proxy.ts';
import type { Answer, Ask, Operations, Started } from './operations.ts';
import { groupOf, groups, soakPlan } from './plan.ts';
import { startRelay } from './relay.ts';

/** The world of the soak in a process of its own, `world-process.ts COUNT`: it speaks `operations.ts` over IPC. */
const plan = soakPlan(Number(process.argv[2]));
const names = plan.vault.secrets.map(({ name }) => name);
const traffic = new Traffic();
const root = await mkdtemp(path.join(tmpdir(), 'k8s-tunnels-soak-'));
const home = path.join(root, 'home');
const runtime = path.join(root, 'run');
for (const folder of [home, runtime]) await mkdir(folder, { mode: 0o700 });

const edgeAuthority = await createAuthority('World Root CA');
const authorityFile = path.join(root, 'authority.pem');
await writeFile(authorityFile, edgeAuthority.certificate);
const kubeAuthority = await createAuthority('Kubernetes CA');
const served = await kubeAuthority.issueServer(names.map((name) => `${name}.kube.internal`));
const apis = await Promise.all(Array.from({ length: groups }, () => startApiServer(served)));
const portOf = (index: number) => apis[groupOf(index)]?.port ?? 1;
const socks = await startSocksServer({
  traffic,
  names: new Map(names.map((name, index) => [`${name}.kube.internal:6443`, portOf(index)])),
});
const access = await startAccess({
  plan,
  traffic,
  authority: edgeAuthority,
  dial: ({ hostname, origin }) =>
    connectTcp(origin === 'socks' ? socks.port : portOf(names.indexOf(hostname.split('.')[0] ?? ''))),
  transferHoldMs: 5_000,
});
const relay = await startRelay(() => access.port);
const proxy = await startCorporateProxy(() => relay.port);
const browser = await installBrowser({
  folder: path.join(root, 'browser'),
  person: firstPerson(plan.people),
  proxy: proxy.url,
  authorityFile,
});
const vault = await startVault({
  plan,
  traffic,
  secretFor: ({ name, server }) => ({
    server,
    'certificate-authority-data': Buffer.from(kubeAuthority.certificate).toString('base64'),
    token: `token-of-${name}`,
  }),
});

const operations: Operations = {
  cut: relay.cut,
  restartEdge: relay.restart,
  restartApi: async ({ group, ms }) => apis[group]?.restart(ms),
  proxy: proxy.become,
  expire: access.expire,
  tokenSeconds: access.setTokenSeconds,
  tabs: async () => (await browser.tabs()).length,
  stats: () => ({
    relayed: relay.open(),
    atProxy: proxy.open(),
    webSockets: access.openConnections(),
  }),
  async close() {
    await Promise.all([proxy, relay, access, socks, vault, ...apis].map((server) => server.close()));
    await rm(root, { recursive: true, force: true, maxRetries: 5 });
  },
};

process.on('message', ({ id, operation, input }: Ask) => {
  const act = operations[operation] as (input: unknown) => unknown;
  const answer = (message: Answer) => process.send?.(message);
  (async () => act(input))().then(
    (output) => answer({ id, output }),
    (error: unknown) => answer({ id, error: String(error) }),
  );
});
process.once('disconnect', () => process.exit(0));
const started: Started = {
  names,
  env: {
    ...(await writeVaultHome({ home, url: vault.url, token: vault.token })),
    XDG_RUNTIME_DIR: runtime,
    K8S_TUNNELS_MANAGED_CONFIG: path.join(home, 'managed.yaml'),
    HTTPS_PROXY: proxy.url,
    NODE_EXTRA_CA_CERTS: authorityFile,
    SSL_CERT_FILE: authorityFile,
    BROWSER: browser.command,
    KUBECONFIG: path.join(home, '.kube', 'config'),
  },
};
process.send?.(started);
