import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { execa } from 'execa';
import { type KubeApi, startKubeApi } from '../world/kube/server.ts';
import type { Traffic } from '../world/traffic.ts';

export const serverName = 'ABCD.gr7.eu-west-1.eks.amazonaws.com';
export const web = 'web-7d9c5b8f6d-abcde';

/** A cluster with a web shop, that knows one token. */
export const startShop = (traffic: Traffic): Promise<KubeApi> =>
  startKubeApi({
    name: 'payments-prod',
    hostnames: [serverName],
    traffic,
    authenticate: async (token) => (token === 'sts-token' ? { user: 'ada', groups: ['devs'] } : undefined),
    namespaces: ['shop', 'restricted'],
    pods: [
      { namespace: 'shop', name: web, deployment: 'web', log: ['listening', 'GET /'] },
      { namespace: 'shop', name: 'web-7d9c5b8f6d-fghij', deployment: 'web', state: 'CrashLoopBackOff' },
      { namespace: 'kube-system', name: 'coredns', containers: ['dns', 'metrics'] },
    ],
    version: 'v1.32.9-eks-113cf36',
  });

/** The lines of a stream, kept until they are read. */
export const linesOf = (stream: Readable) => createInterface(stream)[Symbol.asyncIterator]();

const client = await execa('kubectl', ['version', '--client', '-o', 'json'], { reject: false });
const [, minor] = /"gitVersion": "v1\.(\d+)/.exec(client.stdout ?? '') ?? [];

/** Before 1.31 it forwards ports by SPDY alone: these tests count what WebSockets need. */
export const whyNoKubectl =
  client.exitCode !== 0
    ? 'kubectl is not installed'
    : minor !== undefined && Number(minor) < 31
      ? `kubectl 1.${minor} is older than 1.31`
      : undefined;

/** A kubectl with a home of its own, which the test removes; it reaches the API as it stands, with one token. */
export interface Kubectl {
  readonly home: string;
  readonly env: Readonly<Record<string, string>>;
  /** The exit code is left to the test. */
  start(...args: string[]): ReturnType<typeof startKubectl>;
  run(...args: string[]): Promise<{ readonly code: number | undefined; readonly out: string }>;
  close(): Promise<void>;
}

export async function createKubectl(api: Pick<KubeApi, 'port' | 'authority'>): Promise<Kubectl> {
  const home = await mkdtemp(path.join(tmpdir(), 'kube-test-'));
  const config = path.join(home, 'config');
  const cluster = {
    server: `https://127.0.0.1:${api.port}`,
    'tls-server-name': serverName,
    'certificate-authority-data': Buffer.from(api.authority.certificate).toString('base64'),
  };
  await writeFile(
    config,
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': 'c',
      contexts: [{ name: 'c', context: { cluster: 'c', user: 'u', namespace: 'shop' } }],
      clusters: [{ name: 'c', cluster }],
      users: [{ name: 'u', user: { token: 'sts-token' } }],
    }),
    { mode: 0o600 },
  );
  const env = { HOME: home, KUBECONFIG: config };
  const start = (...args: string[]) => startKubectl(args, { home, env });
  return {
    home,
    env,
    start,
    async run(...args) {
      const { exitCode, all } = await start(...args);
      return { code: exitCode, out: all };
    },
    close: () => rm(home, { recursive: true, force: true, maxRetries: 5 }),
  };
}

const startKubectl = (
  args: readonly string[],
  { home, env }: { readonly home: string; readonly env: Readonly<Record<string, string>> },
) => execa('kubectl', args, { reject: false, all: true, cwd: home, env });
