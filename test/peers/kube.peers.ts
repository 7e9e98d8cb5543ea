import https from 'node:https';
import { execa } from 'execa';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { finish } from '../clients/child.ts';
import { connectThrough, type Tunnelled } from '../e2e/tunnel-fixture.ts';
import { startKubeApi } from '../world/kube/server.ts';
import type { KubeOrigin } from '../world/kube-network.ts';
import { defaultPlan } from '../world/plan.ts';
import { Traffic } from '../world/traffic.ts';
import { writeChart } from '../world-tests/helm-fixture.ts';
import { startRealKube } from '../world-tests/kube-apiserver.ts';
import { type Answer, differences } from './kind-of-answer.ts';
import { missing, skipWithout, toolPath } from './peers.ts';

/** An on-prem cluster of the world, whose API server is the real one here. */
const cluster = 'depot-berlin';
const hostname = 'k8s.depot-berlin.acme.internal';
const user = 'system:serviceaccount:kube-system:developers';
const reason = missing('kube-apiserver', 'etcd');
type Closing = { close(): Promise<void> };
let peer: (KubeOrigin & Closing) | undefined;
let double: (KubeOrigin & Closing) | undefined;
let tunnelled: Tunnelled | undefined;

beforeAll(async () => {
  if (reason !== undefined) return;
  peer = await startRealKube({ hostnames: [hostname], user, groups: ['system:masters'] });
  double = await startKubeApi({
    name: cluster,
    hostnames: [hostname],
    traffic: new Traffic(),
    authenticate: async () => undefined,
    namespaces: ['default', 'kube-system', 'restricted'],
    pods: [],
  });
  tunnelled = await connectThrough(cluster, { standIns: new Map([[cluster, peer]]) });
});

afterAll(async () => {
  await tunnelled?.close();
  await peer?.close();
  await double?.close();
});

function through(): Tunnelled {
  if (tunnelled === undefined) throw new Error('no tunnel');
  return tunnelled;
}

/** A run of a program in the terminal of the world. */
const runs = (...command: readonly string[]) => {
  const { commandLine, folder } = through();
  return finish(command, { env: commandLine.env, home: folder }, 60_000);
};

describe.each(['kubectl-1.27', 'kubectl-1.32', 'kubectl'])('%s through the product', (id) => {
  beforeEach((context) => skipWithout(context, reason ?? missing(id)));

  test('its credential is accepted, and the API server is ready', async () => {
    const kubectl = toolPath(id);
    expect(await runs(kubectl, 'get', '--raw', '/readyz')).toMatchObject({ code: 0, stdout: 'ok' });
    expect(await runs(kubectl, 'auth', 'can-i', 'create', 'deployments')).toMatchObject({
      code: 0,
      stdout: 'yes\n',
    });
  });

  test('a resource that is not there is its own error', async () => {
    expect(await runs(toolPath(id), 'get', 'configmap', 'nowhere')).toMatchObject({
      code: 1,
      stderr: 'Error from server (NotFound): configmaps "nowhere" not found\n',
    });
  });

  test('what the user may not do is forbidden', async () => {
    const refused = await runs(toolPath(id), 'get', 'secrets', '--as=nobody');
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(/^Error from server \(Forbidden\): secrets is forbidden: User "nobody"/);
  });
});

describe.each(['helm-3', 'helm-4'])('%s through the product', (id) => {
  beforeEach((context) => skipWithout(context, reason ?? missing(id)));

  test('installs, lists and uninstalls', async () => {
    const chart = await writeChart(through().folder);
    const helm = (...args: string[]) => runs(toolPath(id), '-n', 'default', ...args);
    expect((await helm('install', id, chart)).stdout).toMatch(/^STATUS: deployed$/m);
    expect((await helm('list', '--short')).stdout).toBe(`${id}\n`);
    expect((await helm('uninstall', id)).stdout).toContain(`release "${id}" uninstalled`);
  });
});

describe('kube-apiserver as a web application behind Access', () => {
  const web = 'depot-web.k8s.acme.example';
  let world: Tunnelled | undefined;
  beforeAll(async () => {
    if (peer === undefined) return;
    const secrets = defaultPlan.vault.secrets.map((secret) =>
      secret.name === cluster
        ? {
            ...secret,
            customMetadata: {
              ...secret.customMetadata,
              'k8s-tunnels-hostname': web,
              'k8s-tunnels-origin': 'https',
            },
          }
        : secret,
    );
    const application = { hostname: web, origin: 'https', cluster } as const;
    world = await connectThrough(cluster, {
      standIns: new Map([[cluster, peer]]),
      plan: {
        ...defaultPlan,
        vault: { ...defaultPlan.vault, secrets },
        applications: [...defaultPlan.applications, application],
      },
    });
  });
  afterAll(() => world?.close());
  beforeEach((context) => skipWithout(context, reason ?? missing('kubectl')));
  const kubectl = (...args: readonly string[]) => {
    if (world === undefined) throw new Error('no world');
    const { commandLine, folder } = world;
    return finish([toolPath('kubectl'), ...args], { env: commandLine.env, home: folder }, 60_000);
  };

  test('its answers pass, and its refusals stay its own', async () => {
    expect(await kubectl('get', '--raw', '/readyz')).toMatchObject({ code: 0, stdout: 'ok' });
    expect((await kubectl('get', 'configmap', 'nowhere')).stderr).toBe(
      'Error from server (NotFound): configmaps "nowhere" not found\n',
    );
    expect((await kubectl('get', 'secrets', '--as=nobody')).stderr).toMatch(
      /^Error from server \(Forbidden\): secrets is forbidden: User "nobody"/,
    );
  });

  test('a token of Access that was revoked is replaced in passing', async () => {
    world?.world.access.revokeApp(web);
    expect(await kubectl('get', '--raw', '/readyz')).toMatchObject({ code: 0, stdout: 'ok' });
  });
});

describe('an older kubectl, which speaks SPDY, through the product to the double', () => {
  const why = missing('kubectl-1.27');
  const pod = 'web-6d4cf56db6-x2v9k';
  let world: Tunnelled | undefined;
  beforeAll(async () => {
    if (why === undefined) world = await connectThrough('payments-staging-eu');
  });
  afterAll(() => world?.close());
  beforeEach((context) => skipWithout(context, why));

  const kubectl = (...args: readonly string[]) => {
    if (world === undefined) throw new Error('no world');
    const { env } = world.commandLine;
    return execa(toolPath('kubectl-1.27'), ['-n', 'payments-staging', ...args], {
      env,
      reject: false,
      input: 'typed\n',
    });
  };

  test('exec: bytes in and out, and the exit code', async () => {
    expect(await kubectl('exec', '-i', pod, '--', 'cat')).toMatchObject({ exitCode: 0, stdout: 'typed' });
    expect(await kubectl('exec', pod, '--', 'sh', '-c', 'exit 9')).toMatchObject({
      exitCode: 9,
      stderr: 'command terminated with exit code 9',
    });
    expect((await kubectl('exec', pod, '--', 'nothing')).stderr).toContain('executable file not found');
  });

  test('port-forward: the pod answers', async () => {
    if (world === undefined) throw new Error('no world');
    const words = ['-n', 'payments-staging', 'port-forward', pod, ':8080'];
    const forwarding = world.commandLine.follow(toolPath('kubectl-1.27'), words);
    const [, port] = /127\.0\.0\.1:(\d+) -> 8080/.exec(await forwarding.line(/^Forwarding from 127/)) ?? [];
    expect(await (await fetch(`http://127.0.0.1:${port}/x`)).text()).toBe(`${pod}: GET /x\n`);
    forwarding.stop();
  });
});

const accept = (type: string) => ({ accept: type });
const table = accept('application/json;as=Table;v=v1;g=meta.k8s.io');
describe('the double and kube-apiserver', () => {
  beforeEach((context) => skipWithout(context, reason));

  test.each([
    ['/version', 'own', {}],
    ['/readyz', 'own', {}],
    ['/readyz', 'none', {}],
    ['/api', 'own', {}],
    ['/apis', 'own', {}],
    ['/api/v1', 'own', {}],
    ['/api/v1/namespaces', 'own', {}],
    ['/api/v1/namespaces', 'own', table],
    ['/api/v1/namespaces?limit=1', 'own', {}],
    ['/api/v1/namespaces/default', 'own', {}],
    ['/api/v1/namespaces/nowhere', 'own', {}],
    ['/api/v1/namespaces/default/pods', 'own', table],
    ['/api/v1/namespaces', 'wrong', {}],
    ['/nowhere', 'own', {}],
    ['/apis/none.example/v1/things', 'own', {}],
  ] as const)('answer GET %s alike, with the token: %s %o', async (path, which, headers) => {
    const answer = (server: KubeOrigin | undefined) => {
      if (server === undefined) throw new Error('no server');
      const token = which === 'own' ? server.mintToken(user, ['system:masters']) : 'wrong';
      return get(server, path, {
        ...headers,
        ...(which === 'none' ? {} : { authorization: `Bearer ${token}` }),
      });
    };
    const [ours, theirs] = await Promise.all([answer(double), answer(peer)]);
    const open = ['metadata.labels', 'metadata.annotations'];
    // The list of the core group alone has none.
    const lacking = ['apiVersion'];
    expect(differences(ours, theirs, { open, lacking: path === '/api/v1' ? lacking : [] })).toEqual([]);
  });

  // The double does as EKS since 1.32; a kube-apiserver with its defaults knows the anonymous user.
  test('answer a caller without a credential with 401 and 403', async () => {
    if (double === undefined || peer === undefined) throw new Error('no server');
    const [ours, theirs] = await Promise.all([
      get(double, '/api/v1/nodes', {}),
      get(peer, '/api/v1/nodes', {}),
    ]);
    expect(differences(ours, theirs, { lacking: ['details'] })).toEqual(['status 401, the peer 403']);
    expect(JSON.parse(theirs.body)).toMatchObject({ kind: 'Status', reason: 'Forbidden' });
    expect(JSON.parse(ours.body)).toMatchObject({ kind: 'Status', reason: 'Unauthorized' });
  });
});

function get(server: KubeOrigin, path: string, headers: Readonly<Record<string, string>>): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const to = {
      host: '127.0.0.1',
      port: server.port,
      servername: hostname,
      ca: server.authority.certificate,
    };
    https
      .get({ ...to, path, headers, agent: false }, (response) => {
        let body = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => (body += chunk));
        response.on('end', () => {
          const [contentType = ''] = (response.headers['content-type'] ?? '').split(';', 1);
          resolve({ status: response.statusCode ?? 0, contentType, body });
        });
      })
      .on('error', reject);
  });
}
