import { randomBytes } from 'node:crypto';
import { chmod, cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Output } from '../../main/api/contract.ts';
import { root } from '../cli/run-cli.ts';
import { cluster, type GatewayRig, namespaces, startGatewayRig } from './gateway-rig.ts';
import { type OtherUser, otherUser } from './other-user.ts';

let rig: GatewayRig;
/** What the other account gets of the world: programs, sessions and the authority. */
let shared: string;

beforeAll(async () => {
  rig = await startGatewayRig();
  shared = await mkdtemp(path.join(tmpdir(), 'two-users-'));
  for (const part of ['cli', 'agent'])
    await cp(path.join(root, 'out', part), path.join(shared, 'program', part), { recursive: true });
  for (const part of ['.aws', '.cloudflared'])
    await cp(path.join(rig.world.home, part), path.join(shared, 'home', part), { recursive: true });
  await cp(rig.world.env.SSL_CERT_FILE ?? '', path.join(shared, 'authority.pem'));
  await rig.commandLine.run('chmod', ['-R', 'a+rX', shared]);
  await chmod(shared, 0o755);
});
afterAll(async () => {
  await rig?.close();
  await rm(shared, { recursive: true, force: true });
});

/** The second user: the built program under the other account, with a home of its own. */
async function secondUser(other: OtherUser) {
  const home = path.join(other.folder, 'home');
  await other.run('/bin/sh', ['-c', `umask 077; cp -r '${path.join(shared, 'home')}' '${home}'`]);
  const authority = path.join(shared, 'authority.pem');
  const env = {
    ...rig.commandLine.env,
    HOME: home,
    USERPROFILE: home,
    KUBECONFIG: path.join(home, '.kube', 'config'),
    K8S_TUNNELS_MANAGED_CONFIG: path.join(home, 'managed.yaml'),
    CLOUDSDK_CONFIG: path.join(home, '.config', 'gcloud'),
    NODE_EXTRA_CA_CERTS: authority,
    SSL_CERT_FILE: authority,
    BROWSER: '/bin/false',
    PATH: '/usr/local/bin:/usr/bin:/bin',
  };
  const program = path.join(shared, 'program', 'cli', 'k8s-tunnels.cjs');
  // The environment goes in here: `sudo` may take it away.
  const source = `
    import { createRequire } from 'node:module';
    const { program, args, env } = JSON.parse(process.argv.at(-1));
    for (const name of Object.keys(process.env)) delete process.env[name];
    Object.assign(process.env, env);
    process.argv = [process.execPath, program, ...args];
    createRequire(program)(program);`;
  const ports = path.join(home, '.local/state/k8s-tunnels/ports.json');
  return {
    /** The port from which its agent starts: on a real computer both derive the same one from the cluster's id. */
    async startAt(port: number) {
      const firsts = await readFile(path.join(rig.world.home, '.local/state/k8s-tunnels/ports.json'), 'utf8');
      const { data } = JSON.parse(firsts) as { readonly data: Record<string, { readonly port: number }> };
      const [id = ''] = Object.entries(data).find(([, one]) => one.port === port) ?? [];
      const local = { port, user: 'k8s-tunnels', password: randomBytes(20).toString('hex') };
      const text = JSON.stringify({ version: 1, data: { [id]: local } });
      const { exitCode } = await other.run('/bin/sh', [
        '-c',
        `umask 077; mkdir -p '${path.dirname(ports)}'; printf %s '${text}' > '${ports}'`,
      ]);
      expect(exitCode).toBe(0);
    },
    async tunnels<T>(...args: readonly string[]): Promise<T> {
      const { stdout, stderr } = await other.node(source, [
        JSON.stringify({ program, args: [...args, '--json'], env }),
      ]);
      try {
        return JSON.parse(String(stdout)) as T;
      } catch {
        throw new Error(`${args.join(' ')}: ${String(stdout)}${String(stderr)}`);
      }
    },
    kubectl: (...args: readonly string[]) =>
      other.run('/usr/bin/env', [
        '-i',
        ...Object.entries(env).map(([name, value]) => `${name}=${value}`),
        rig.commandLine.kubectl ?? 'kubectl',
        ...['--context', cluster, ...args],
      ]),
  };
}

const answers = { code: 0, stdout: expect.stringContaining('namespace/payments-staging') };
const portOf = ({ results }: Output<'connect'>) =>
  results[0]?.status === 'connected' ? results[0].port : JSON.stringify(results);

test('two users of one computer have a port each, keep them, and neither learns the password of the other', {
  timeout: 120_000,
}, async (context) => {
  const other = await otherUser(context);
  const second = await secondUser(other);
  try {
    const mine = await rig.entry();
    await second.startAt(mine.port);
    const theirs = portOf(await second.tunnels<Output<'connect'>>('connect', cluster));
    expect(theirs).toBe(mine.port + 1);
    expect(await rig.entry()).toEqual(mine);
    expect(await rig.kubectl(...namespaces)).toMatchObject(answers);
    const { stdout } = await second.kubectl(...namespaces);
    expect(stdout).toContain('namespace/payments-staging');

    // Whichever starts first: each is where it was.
    await rig.commandLine.stop();
    await second.tunnels('quit');
    expect(portOf(await second.tunnels<Output<'connect'>>('connect', cluster))).toBe(theirs);
    expect(await rig.kubectl(...namespaces)).toMatchObject(answers);
    expect(await rig.entry()).toEqual(mine);
    expect((await rig.status()).notices).toEqual([]);

    // A second user who comes while no agent of the first runs gets the first one's port.
    const client = await rig.longRunning();
    await rig.commandLine.stop();
    await second.tunnels('forget', cluster);
    await second.tunnels('quit');
    await second.startAt(mine.port);
    expect(portOf(await second.tunnels<Output<'connect'>>('connect', cluster))).toBe(mine.port);
    expect((await client.run(...namespaces)).code).toBe(1);
    const { entries } = await second.tunnels<Output<'activity'>>('activity');
    // Refused before it was asked for a password: a wrong one would be reported as such.
    expect(entries.filter(({ kind }) => kind === 'refused')).toMatchObject([{ reason: 'account' }]);

    // The first one's agent makes way, and tells both ports.
    await rig.kubectl(...namespaces);
    const moved = await rig.entry();
    expect(moved.port).not.toBe(mine.port);
    expect(moved.password).not.toBe(mine.password);
    expect(await rig.kubectl(...namespaces)).toMatchObject(answers);
    expect((await second.kubectl(...namespaces)).stdout).toContain('namespace/payments-staging');
    const { notices } = await rig.status();
    expect(notices.map(({ message }) => message).join('\n')).toMatch(
      new RegExp(`Port ${mine.port} of ${cluster} is in use .*${other.name}.* moved to port ${moved.port}`),
    );
  } finally {
    await second.tunnels('quit').catch(() => {});
    await other.close();
  }
});
