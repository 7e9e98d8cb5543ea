import { type ChildProcess, spawn } from 'node:child_process';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { createAuthority } from '../world/authority.ts';
import type { KubeOrigin } from '../world/kube-network.ts';

/** The binaries of a real control plane: `K8S_TUNNELS_KUBE_APISERVER` and `K8S_TUNNELS_ETCD`, absolute paths. */
export const realKube = {
  apiserver: process.env.K8S_TUNNELS_KUBE_APISERVER,
  etcd: process.env.K8S_TUNNELS_ETCD,
};
export const whyNoRealKube =
  realKube.apiserver === undefined || realKube.etcd === undefined
    ? 'K8S_TUNNELS_KUBE_APISERVER and K8S_TUNNELS_ETCD are not set'
    : undefined;

/**
 * A real API server with its own etcd: no controller, no scheduler, no kubelet. It knows one token, of `user`, and writes
 * an audit log of metadata.
 */
export async function startRealKube(given: {
  readonly hostnames: readonly string[];
  readonly user: string;
  readonly groups: readonly string[];
  readonly token?: string;
  /** Those of the environment where left out. */
  readonly programs?: { readonly apiserver?: string | undefined; readonly etcd?: string | undefined };
}): Promise<KubeOrigin & { readonly auditLog: string; close(): Promise<void> }> {
  const { hostnames, user, groups, token = randomBytes(16).toString('hex'), programs = realKube } = given;
  const { apiserver = '', etcd = '' } = programs;
  const folder = await mkdtemp(path.join(tmpdir(), 'kube-apiserver-'));
  const file = (name: string) => path.join(folder, name);
  const authority = await createAuthority('real-ca');
  const server = await authority.issueServer([...hostnames, 'kubernetes.default.svc']);
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  await mkdir(file('certificates'));
  const files = {
    'server.crt': server.certificate,
    'server.key': server.key,
    'ca.crt': authority.certificate,
    'accounts.key': privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    'accounts.pub': publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    'audit.yaml': 'apiVersion: audit.k8s.io/v1\nkind: Policy\nrules: [{level: Metadata}]\n',
    'tokens.csv': `${token},${user},${user},"${groups.join(',')}"\n`,
  };
  for (const [name, content] of Object.entries(files)) await writeFile(file(name), content, { mode: 0o600 });

  const [port, clients, peers] = await freePorts(3);
  const store = run(etcd, [
    `--data-dir=${file('etcd')}`,
    `--listen-client-urls=http://127.0.0.1:${clients}`,
    `--advertise-client-urls=http://127.0.0.1:${clients}`,
    `--listen-peer-urls=http://127.0.0.1:${peers}`,
  ]);
  const api = run(apiserver, [
    `--etcd-servers=http://127.0.0.1:${clients}`,
    '--bind-address=127.0.0.1',
    `--secure-port=${port}`,
    `--cert-dir=${file('certificates')}`,
    `--tls-cert-file=${file('server.crt')}`,
    `--tls-private-key-file=${file('server.key')}`,
    `--client-ca-file=${file('ca.crt')}`,
    `--audit-policy-file=${file('audit.yaml')}`,
    `--audit-log-path=${file('audit.log')}`,
    `--token-auth-file=${file('tokens.csv')}`,
    '--authorization-mode=RBAC',
    '--service-cluster-ip-range=10.96.0.0/16',
    '--service-account-issuer=https://kubernetes.default.svc',
    `--service-account-key-file=${file('accounts.pub')}`,
    `--service-account-signing-key-file=${file('accounts.key')}`,
    // No controller makes the accounts that it would ask for.
    '--disable-admission-plugins=ServiceAccount',
  ]);
  const close = async () => {
    for (const child of [api, store]) await end(child);
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    for (;;) {
      const code = await health({
        port: port ?? 0,
        servername: hostnames[0] ?? '',
        ca: authority.certificate,
      });
      if (code === 200) break;
      if (api.exitCode !== null) throw new Error(`kube-apiserver ended with ${api.exitCode}`);
      await pause(100);
    }
  } catch (error) {
    await close();
    throw error;
  }
  return {
    port: port ?? 0,
    authority,
    mintToken: () => token,
    issueClient: (name, of = []) => authority.issueClient(name, of),
    auditLog: file('audit.log'),
    close,
  };
}

const run = (program: string, args: readonly string[]) => spawn(program, args, { stdio: 'ignore' });

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const ended = once(child, 'close');
  child.kill('SIGKILL');
  await ended;
}

async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

const health = (to: { readonly port: number; readonly servername: string; readonly ca: string }) =>
  new Promise<number | undefined>((resolve) => {
    request({ host: '127.0.0.1', path: '/readyz', ...to, agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode);
    })
      .on('error', () => resolve(undefined))
      .end();
  });
