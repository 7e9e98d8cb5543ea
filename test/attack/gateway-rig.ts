import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Output } from '../../main/api/contract.ts';
import { type CommandLine, createCommandLine, type Ran } from '../world/demo/command-line.ts';
import { startWorld, type World } from '../world/world.ts';

export const cluster = 'payments-staging-eu';

/** What an entry's proxy-url and server say: where the gateway listens, its password, and what it leads to. */
export interface Entry {
  readonly proxy: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly host: string;
  readonly hostPort: number;
}

/** A world with the built command line, in which one cluster is connected. */
export interface GatewayRig {
  readonly world: World;
  readonly commandLine: CommandLine;
  status(): Promise<Output<'snapshot'>>;
  entry(): Promise<Entry>;
  /** kubectl as its user runs it, with the exec plugin. */
  kubectl(...args: readonly string[]): Promise<Ran>;
  /**
   * A copy of the kubeconfig as it is now, with a token in place of the plugin: like a client that runs on with what it
   * has read, it starts no agent.
   */
  longRunning(): Promise<{ readonly file: string; run(...args: readonly string[]): Promise<Ran> }>;
  refused(): Promise<readonly Extract<Output<'activity'>['entries'][number], { kind: 'refused' }>[]>;
  close(): Promise<void>;
}

export async function startGatewayRig(executable?: string): Promise<GatewayRig> {
  const world = await startWorld();
  const commandLine = await createCommandLine(world, {}, executable);
  const status = () => commandLine.tunnels<Output<'snapshot'>>('status');
  const run = (...args: readonly string[]) => commandLine.run('kubectl', args);
  const view = async (): Promise<Kubeconfig> =>
    JSON.parse((await run('config', 'view', '--raw', '--minify', '--context', cluster, '-o', 'json')).stdout);
  let copies = 0;
  const rig: GatewayRig = {
    world,
    commandLine,
    status,
    async entry() {
      const [one] = (await view()).clusters;
      const { 'proxy-url': proxy = '', server = '' } = one?.cluster ?? {};
      const { port, username, password } = new URL(proxy);
      const api = new URL(server);
      return {
        proxy,
        port: Number(port),
        user: username,
        password,
        host: api.hostname,
        hostPort: api.port === '' ? 443 : Number(api.port),
      };
    },
    kubectl: (...args) => run('--context', cluster, ...args),
    async longRunning() {
      const token = world.api('payments-staging').mintToken('tester', ['system:masters']);
      const copy = await view();
      const file = path.join(world.home, `copy-${++copies}.json`);
      const users = copy.users.map((one) => ({ ...one, user: { token } }));
      await writeFile(file, JSON.stringify({ ...copy, users }), { mode: 0o600 });
      return { file, run: (...args) => run('--kubeconfig', file, '--context', cluster, ...args) };
    },
    async refused() {
      const { entries } = await commandLine.tunnels<Output<'activity'>>('activity');
      return entries.filter((entry) => entry.kind === 'refused');
    },
    async close() {
      await commandLine.stop();
      await world.close();
    },
  };
  try {
    const { results } = await commandLine.tunnels<Output<'connect'>>('connect', cluster);
    if (results[0]?.status !== 'connected') throw new Error(JSON.stringify(results));
    return rig;
  } catch (error) {
    await rig.close();
    throw error;
  }
}

interface Kubeconfig {
  readonly clusters: readonly { readonly cluster: Record<string, string> }[];
  readonly users: readonly { readonly name: string }[];
}

export const namespaces = ['get', 'ns', '-o', 'name'] as const;

/**
 * A client of a gateway, as source text that any account can run: sends all that it has to say by SOCKS5 or HTTP
 * CONNECT and prints, as hexadecimal digits, what comes back. Arguments: `socks` or `http`, then an `Entry` as JSON.
 */
export const proxyClient = `
import { connect } from 'node:net';
const [kind, json] = process.argv.slice(-2);
const { port, user, password, host, hostPort } = JSON.parse(json);
const text = (value) => Buffer.concat([Buffer.of(value.length), Buffer.from(value)]);
const socks = Buffer.concat([
  Buffer.of(5, 1, 2), Buffer.of(1), text(user), text(password),
  Buffer.of(5, 1, 0, 3), text(host), Buffer.of(hostPort >> 8, hostPort & 255),
]);
const basic = Buffer.from(user + ':' + password).toString('base64');
const http = 'CONNECT ' + host + ':' + hostPort + ' HTTP/1.1\\r\\nProxy-Authorization: Basic ' + basic + '\\r\\n\\r\\n';
const client = connect(port, '127.0.0.1', () => client.write(kind === 'socks' ? socks : http));
const received = [];
const limit = setTimeout(() => client.destroy(), 15000);
client.on('data', (chunk) => {
  received.push(chunk);
  const all = Buffer.concat(received);
  // Accepted, or refused in its protocol: more does not come by itself.
  if (kind === 'socks' ? all.length >= 14 : all.includes('\\r\\n\\r\\n')) client.end();
});
client.on('error', () => {});
client.on('close', () => {
  clearTimeout(limit);
  console.log(Buffer.concat(received).toString('hex'));
});
`;

/**
 * Listens on a port as a stranger does, and prints the user and password that the first SOCKS5 client sends. Arguments:
 * the port, and a file that is created when it listens.
 */
export const passwordTrap = `
import { createServer } from 'node:net';
import { writeFileSync } from 'node:fs';
const [port, ready] = process.argv.slice(-2);
const server = createServer((client) => {
  client.on('error', () => {});
  let greeted = false;
  client.on('data', (chunk) => {
    if (!greeted) {
      greeted = true;
      client.write(Buffer.of(5, 2));
      return;
    }
    const user = chunk.subarray(2, 2 + chunk[1]).toString();
    console.log(JSON.stringify({ user, password: chunk.subarray(3 + chunk[1]).toString() }));
    client.destroy();
    process.exit(0);
  });
});
server.listen(Number(port), '127.0.0.1', () => writeFileSync(ready, ''));
`;

/** Runs source text as this account, in the Node that runs the tests. */
export function runOwn(source: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(process.execPath, ['--input-type=module', '--eval', source, '--', ...args], (error, stdout) =>
      error === null ? resolve(stdout.trim()) : reject(error),
    );
  });
}

/** Memory of a process in use, in MB, as Linux tells it. */
export async function memoryOf(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1]) / 1024;
}
