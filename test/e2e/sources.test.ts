import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Output } from '../../main/api/contract.ts';
import { writeSignIn } from '../world/aws/sign-ins.ts';
import { type CommandLine, createCommandLine } from '../world/demo/command-line.ts';
import { createKubeClient } from '../world/demo/kube-client.ts';
import { defaultPlan, type Plan } from '../world/plan.ts';
import { startWorld, type World } from '../world/world.ts';

/** A cluster whose secret lies in a mount of version 1, with its tags beside it. */
const harbour = {
  path: 'quay/harbour',
  name: 'harbour',
  server: 'https://k8s.harbour.acme.internal:6443',
  customMetadata: { 'k8s-tunnels-hostname': 'harbour.k8s.acme.example', 'k8s-tunnels-origin': 'tcp' },
  holds: 'token',
} as const;
/** A cluster whose API server takes people's own id tokens. */
const mill = {
  path: 'edge/mill',
  name: 'mill',
  server: 'https://k8s.mill.acme.internal:6443',
  customMetadata: { 'k8s-tunnels-hostname': 'mill.k8s.acme.example', 'k8s-tunnels-origin': 'tcp' },
  holds: 'oidc',
} as const;
const plan: Plan = {
  ...defaultPlan,
  vault: {
    ...defaultPlan.vault,
    secrets: [...defaultPlan.vault.secrets, mill],
    others: [
      { namespace: 'sea', mount: 'kv', version: 1, secrets: [harbour], emptyFolders: [], deniedFolders: [] },
    ],
  },
  applications: [
    ...defaultPlan.applications,
    { hostname: 'harbour.k8s.acme.example', origin: 'tcp' },
    { hostname: 'mill.k8s.acme.example', origin: 'tcp' },
  ],
};

let world: World;
let commandLine: CommandLine;

beforeEach(async () => {
  world = await startWorld({ plan });
  commandLine = await createCommandLine(world);
});
afterEach(async () => {
  await commandLine.stop();
  await world.close();
});

const patience = { timeout: 90_000 };

const settings = async (values: object) => {
  const folder = path.join(world.home, '.config', 'k8s-tunnels');
  await mkdir(folder, { recursive: true });
  await writeFile(path.join(folder, 'settings.json'), JSON.stringify(values));
  return folder;
};
const connect = async (name: string) => {
  const { results } = await commandLine.tunnels<Output<'connect'>>('connect', name, '--add');
  expect(results).toMatchObject([{ status: 'connected', title: name }]);
};
const namespaces = (context: string) => createKubeClient(commandLine).namespaces(context);

test(
  'an account that Identity Center alone grants: found, connected, kubectl answers',
  patience,
  async () => {
    // As the next morning: the access token has ended, and is renewed.
    await writeSignIn({ home: world.home, plan, signIn: world.aws.signIn(-60) });
    await connect('playground');
    expect(world.traffic.count('sso-oidc', 'CreateToken')).toBe(1);
    expect(await namespaces('playground')).toContain('playground');
    const file = path.join(world.home, '.local', 'state', 'k8s-tunnels', 'aws.json');
    const text = await readFile(file, 'utf8');
    expect(JSON.parse(text).data.portals).toHaveProperty(['https://acme.awsapps.com/start']);
    expect(text).not.toMatch(/aoa|aor|ASIA/);
  },
);

test(
  'on-prem by Vault: a token, a client certificate, a mount of version 1 in a namespace',
  patience,
  async () => {
    await settings({ vaultMounts: ['clusters', 'sea:kv'] });
    for (const name of ['depot-berlin', 'depot-lyon', 'harbour']) {
      await connect(name);
      expect(await namespaces(name)).toContain(name);
    }
  },
);

test('on-prem by OpenID Connect: a person’s own id token, renewed while it may be', patience, async () => {
  const { issuer, traffic } = world;
  if (issuer === undefined) throw new Error('no issuer');
  await connect('mill');
  issuer.tokenSeconds = 1;
  await commandLine.tunnels('login', 'oidc', '--allow', 'mill', '--yes');
  issuer.tokenSeconds = 3600;
  await expect
    .poll(async () => [await namespaces('mill').catch(() => []), traffic.count('oidc', 'token')], patience)
    .toEqual([expect.arrayContaining(['mill']), 2]);
  if (commandLine.kubectl !== undefined) {
    const { stdout } = await commandLine.run('kubectl', ['--context', 'mill', 'auth', 'whoami']);
    expect(stdout).toContain('ada@acme.example');
  }

  // Six processes without an agent: the issuer accepts the refresh token of one of them.
  await commandLine.tunnels('settings', 'credentialStartsAgent', 'false');
  await commandLine.stop();
  const file = path.join(world.home, '.local/state/k8s-tunnels/oidc-sign-ins.json');
  await writeFile(file, (await readFile(file, 'utf8')).replace(/"expiresAt":\s*\d+/, '"expiresAt":1'));
  const answers = await Promise.all(
    Array.from({ length: 6 }, () => commandLine.run('k8s-tunnels', ['credential', 'mill'])),
  );
  expect(answers.map(({ code }) => code)).toEqual(Array(6).fill(0));
  expect(new Set(answers.map(({ stdout }) => JSON.parse(stdout).status.token)).size).toBe(1);
  expect(traffic.count('oidc', 'token')).toBe(3);
});

test('a cluster that somebody wrote down answers kubectl by the user of a kubeconfig', patience, async () => {
  const folder = await settings({ clusterFiles: ['clusters.yaml'] });
  const api = world.api('depot-berlin');
  const { certificate, key } = await api.issueClient('ada', ['system:masters']);
  const base64 = (text: string) => Buffer.from(text).toString('base64');
  await writeFile(
    path.join(folder, 'lab.kubeconfig'),
    JSON.stringify({
      'current-context': 'lab',
      contexts: [{ name: 'lab', context: { cluster: 'lab', user: 'ada' } }],
      clusters: [
        {
          name: 'lab',
          cluster: {
            server: 'https://k8s.depot-berlin.acme.internal:6443',
            'certificate-authority-data': base64(api.authority.certificate),
          },
        },
      ],
      users: [
        {
          name: 'ada',
          user: { 'client-certificate-data': base64(certificate), 'client-key-data': base64(key) },
        },
      ],
    }),
  );
  await writeFile(
    path.join(folder, 'clusters.yaml'),
    `- name: garage
  tags: { hostname: depot-berlin.k8s.acme.example, origin: tcp }
  user: { kubeconfig: { file: lab.kubeconfig } }
`,
  );
  await connect('garage');
  expect(await namespaces('garage')).toContain('depot-berlin');
});
