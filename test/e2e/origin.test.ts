import { mkdtemp, readdir, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { blocksOf, root } from '../docs/blocks.ts';
import { startRealKube, whyNoRealKube } from '../world-tests/kube-apiserver.ts';
import { createKubectl, type Kubectl, serverName, whyNoKubectl } from '../world-tests/kube-fixture.ts';

// What docs/admin.md has an administrator type for the origin, typed: kubectl and the API server are real. Cloudflare is not:
// its programs write what the real ones write.

const reason = whyNoRealKube ?? whyNoKubectl;
const credentials =
  '{"AccountTag":"a","TunnelSecret":"c2VjcmV0","TunnelID":"6ff42ae2-765d-4adf-8112-31c55c1551ef"}';
let server: Awaited<ReturnType<typeof startRealKube>> | undefined;
let kubectl: Kubectl;
let folder: string;

beforeAll(async () => {
  if (reason !== undefined) return;
  const of = { user: 'ada', groups: ['system:masters'], token: 'sts-token' };
  server = await startRealKube({ hostnames: [serverName], ...of });
});
afterAll(() => server?.close());

beforeEach(async (context) => {
  context.skip(reason !== undefined, reason);
  if (server === undefined) throw new Error('no API server');
  kubectl = await createKubectl(server);
  const current = (await kubectl.run('config', 'current-context')).out.trim();
  await kubectl.run('config', 'rename-context', current, 'payments-staging');
  folder = await mkdtemp(path.join(tmpdir(), 'origin-'));
  await symlink(path.join(root, 'resources'), path.join(folder, 'resources'));
  return async () => {
    await kubectl.run(
      'delete',
      '-n',
      'k8s-tunnels',
      '--ignore-not-found',
      'deployment,secret',
      'cloudflared',
    );
    await kubectl.close();
    await rm(folder, { recursive: true });
  };
});

/** Runs the block that has these words. No controller makes the pods: a rollout is asked for the Deployment alone. */
async function typed(words: string): Promise<string> {
  const block = (await blocksOf('docs/admin.md')).find(({ text }) => text.includes(words));
  const doubles = `
kubectl() { if [[ "$*" = *'rollout status'* ]]; then set -- "\${@/rollout/get}"; set -- "\${@/status/-o=name}"; fi; command kubectl "$@"; }
cloudflared() { if [[ "$*" = 'tunnel create --credentials-file '* ]]; then echo '${credentials}' > "$4"; fi; }
terraform() { echo '{"payments-staging":"a-token"}'; }
`;
  const script = `${doubles}${block?.text ?? 'exit 9'}`;
  const env = { ...kubectl.env, PATH: process.env.PATH };
  const { stdout } = await execa('bash', ['-euo', 'pipefail', '-c', script], { cwd: folder, env });
  return stdout;
}
const read = async (what: string) =>
  JSON.parse((await kubectl.run('get', '-n', 'k8s-tunnels', what, 'cloudflared', '-o', 'json')).out);

test('a locally managed tunnel: the Secret has the credentials, and no file of them is left', async () => {
  const printed = await typed('cloudflared tunnel create');
  expect(printed.split('\n')[0]).toBe('payments-staging');
  expect(printed.split('\n').at(-1)).toBe('deployment.apps/cloudflared');
  const { data } = await read('secret');
  expect(Buffer.from(data['credentials.json'], 'base64').toString().trim()).toBe(credentials);
  expect((await read('configmap')).data['config.yaml']).toContain('service: socks-proxy');
  expect((await read('networkpolicy')).spec.ingress ?? []).toEqual([]);
  expect(await readdir(folder)).toEqual(['resources']);
});

test('a remotely managed one: the token arrives as it is, and nothing else is mounted', async () => {
  await typed('output -json tunnel_tokens');
  expect((await read('secret')).data).toEqual({ token: Buffer.from('a-token').toString('base64') });
  const { volumes, containers } = (await read('deployment')).spec.template.spec;
  expect(volumes).toBeUndefined();
  expect(containers[0].env[0]).toMatchObject({
    name: 'TUNNEL_TOKEN',
    valueFrom: { secretKeyRef: { name: 'cloudflared', key: 'token' } },
  });
});
