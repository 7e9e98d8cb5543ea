import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import type { Socket } from 'node:net';
import tls from 'node:tls';
import { parse } from 'yaml';

/**
 * `node stand-in.ts CONTEXT PATH`: one GET over a kubeconfig entry, its answer copied to stdout as it comes: the
 * proxy, the cluster's authority and the credential plugin are used as kubectl would use them.
 */
interface Named {
  readonly name: string;
}
interface Kubeconfig {
  readonly clusters: readonly (Named & { readonly cluster: Readonly<Record<string, string>> })[];
  readonly users: readonly (Named & {
    readonly user: { readonly exec: { readonly command: string; readonly args: readonly string[] } };
  })[];
  readonly contexts: readonly (Named & {
    readonly context: { readonly cluster: string; readonly user: string };
  })[];
}

const [wanted = '', target = '/'] = process.argv.slice(2);
const config = parse(readFileSync(process.env.KUBECONFIG ?? '', 'utf8')) as Kubeconfig;
const find = <T extends Named>(list: readonly T[], name: string): T => {
  const found = list.find((one) => one.name === name);
  if (found === undefined) throw new Error(`the kubeconfig has no ${name}`);
  return found;
};
const { context } = find(config.contexts, wanted);
const { cluster } = find(config.clusters, context.cluster);
const { exec } = find(config.users, context.user).user;
const { status } = JSON.parse(execFileSync(exec.command, exec.args, { encoding: 'utf8' })) as {
  readonly status: {
    readonly token?: string;
    readonly clientCertificateData?: string;
    readonly clientKeyData?: string;
  };
};

const server = new URL(cluster.server ?? '');
const proxy = new URL(cluster['proxy-url'] ?? '');
const authority = `${server.hostname}:${server.port === '' ? '443' : server.port}`;
const login = Buffer.from(`${proxy.username}:${proxy.password}`).toString('base64');
const tunnel = http.request({
  host: proxy.hostname,
  port: proxy.port,
  method: 'CONNECT',
  path: authority,
  headers: { 'proxy-authorization': `Basic ${login}` },
});
tunnel.once('connect', (answer, socket: Socket) => {
  if (answer.statusCode !== 200) throw new Error(`the proxy answered ${answer.statusCode}`);
  const secure = tls.connect({
    socket,
    servername: cluster['tls-server-name'] ?? server.hostname,
    ca: Buffer.from(cluster['certificate-authority-data'] ?? '', 'base64'),
    ...(status.clientCertificateData === undefined ? {} : { cert: status.clientCertificateData }),
    ...(status.clientKeyData === undefined ? {} : { key: status.clientKeyData }),
  });
  const headers = status.token === undefined ? {} : { authorization: `Bearer ${status.token}` };
  https.get({ createConnection: () => secure, host: server.hostname, path: target, headers }, (response) => {
    response.pipe(process.stdout);
    if ((response.statusCode ?? 0) >= 400) process.exitCode = 1;
  });
});
tunnel.end();
