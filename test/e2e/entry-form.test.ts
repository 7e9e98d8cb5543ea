import { readFile } from 'node:fs/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { parse } from 'yaml';
import { whyNoKubectl } from '../world-tests/kube-fixture.ts';
import { connectThrough, type Tunnelled } from './tunnel-fixture.ts';

const cluster = 'payments-staging-eu';
const another = 'search-staging';

let tunnelled: Tunnelled;
beforeEach(async () => {
  tunnelled = await connectThrough(cluster);
});
afterEach(() => tunnelled.close());

interface Kubeconfig {
  readonly clusters: readonly { readonly name: string; readonly cluster: Readonly<Record<string, string>> }[];
}

/** The proxies of all entries, by context. */
async function proxies(): Promise<Readonly<Record<string, URL>>> {
  const text = await readFile(tunnelled.commandLine.env.KUBECONFIG ?? '', 'utf8');
  const { clusters } = parse(text) as Kubeconfig;
  return Object.fromEntries(
    clusters.flatMap(({ name, cluster: { 'proxy-url': url } }) =>
      url === undefined ? [] : [[name, new URL(url)]],
    ),
  );
}

const schemes = async () => Object.values(await proxies()).map(({ protocol }) => protocol);

test('the setting writes every entry again, on-demand ones too, with the same port and password', async () => {
  const { commandLine } = tunnelled;
  await commandLine.tunnels('connect', another);
  await commandLine.tunnels('disconnect', another);
  const before = await proxies();
  expect(new Set(Object.keys(before))).toEqual(new Set([another, cluster]));
  expect(await schemes()).toEqual(['socks5:', 'socks5:']);

  await commandLine.tunnels('settings', 'entryForm', 'connect');
  await expect.poll(schemes, { timeout: 10_000 }).toEqual(['http:', 'http:']);
  const after = await proxies();
  for (const [name, { port, password }] of Object.entries(before))
    expect(after[name]).toMatchObject({ port, password });
  if (whyNoKubectl === undefined) {
    expect(await tunnelled.kubectl('--context', cluster, 'get', 'ns', '-o', 'name')).toContain('namespace/');
    expect(await tunnelled.kubectl('--context', another, 'get', 'ns', '-o', 'name')).toContain('namespace/');
  }

  await commandLine.tunnels('settings', 'entryForm', '--reset');
  await expect.poll(schemes, { timeout: 10_000 }).toEqual(['socks5:', 'socks5:']);
});

test('the exec API v1beta1 is in every entry by the setting, and the plugin answers in it', async () => {
  const { commandLine } = tunnelled;
  const execOf = async () => {
    const text = await readFile(commandLine.env.KUBECONFIG ?? '', 'utf8');
    const { users } = parse(text) as {
      readonly users: readonly {
        readonly user: {
          readonly exec: {
            readonly apiVersion: string;
            readonly command: string;
            readonly args: readonly string[];
            readonly env: readonly { readonly name: string; readonly value: string }[];
          };
        };
      }[];
    };
    return users[0]?.user.exec;
  };
  const apiVersion = 'client.authentication.k8s.io/v1beta1';
  await commandLine.tunnels('settings', 'execApiVersion', 'v1beta1');
  await expect.poll(async () => (await execOf())?.apiVersion, { timeout: 10_000 }).toBe(apiVersion);
  const { command = '', args = [], env = [] } = (await execOf()) ?? {};
  // As client-go before 1.20 does, which names no version to the plugin.
  const variables = env.map(({ name, value }) => `${name}=${value}`);
  const { code, stdout } = await commandLine.run('env', [...variables, command, ...args]);
  expect([code, JSON.parse(stdout)]).toMatchObject([0, { apiVersion, kind: 'ExecCredential' }]);
  if (whyNoKubectl === undefined)
    expect(await tunnelled.kubectl('--context', cluster, 'get', 'ns', '-o', 'name')).toContain('namespace/');
});

test('kubectl gets its credential from this agent, whatever its environment', async (context) => {
  context.skip(whyNoKubectl !== undefined, whyNoKubectl);
  const { commandLine, folder } = tunnelled;
  const agentPid = async () =>
    (await commandLine.tunnels<{ readonly agent: { readonly pid: number } }>('status')).agent.pid;
  const pid = await agentPid();
  const { code, stdout, stderr } = await commandLine.run('env', [
    `HOME=${folder}`,
    `XDG_CONFIG_HOME=${folder}/config`,
    `XDG_STATE_HOME=${folder}/state`,
    `NODE_OPTIONS=--require ${folder}/missing.cjs`,
    commandLine.kubectl ?? 'kubectl',
    ...['--context', cluster, 'get', 'ns', '-o', 'name'],
  ]);
  expect(stderr).toBe('');
  expect(code).toBe(0);
  expect(stdout).toContain('namespace/');
  expect(await agentPid()).toBe(pid);
});
