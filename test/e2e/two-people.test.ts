import { cp, mkdir } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { pathsFrom } from '../../main/agent/paths.ts';
import type { Output } from '../../main/api/contract.ts';
import { builtProgram } from '../cli/run-cli.ts';
import { type CommandLine, createCommandLine } from '../world/demo/command-line.ts';
import { startWorld, type World } from '../world/world.ts';

const cluster = 'payments-staging-eu';
let world: World;
let first: CommandLine;
/** Another person of the same computer, who has the same profiles and signs in apart. */
let env: Readonly<Record<string, string>>;

const second = async <T>(...args: readonly string[]): Promise<T> => {
  const { stdout } = await execa(process.execPath, [builtProgram, ...args, '--json'], {
    env,
    extendEnv: false,
    cwd: env.HOME ?? '/',
  });
  return JSON.parse(stdout) as T;
};

beforeEach(async () => {
  world = await startWorld();
  first = await createCommandLine(world);
  const home = path.join(path.dirname(world.home), 'another');
  await mkdir(home, { mode: 0o700 });
  await cp(path.join(world.home, '.aws'), path.join(home, '.aws'), { recursive: true });
  env = { ...first.env, HOME: home, KUBECONFIG: path.join(home, '.kube', 'config') };
});
afterEach(async () => {
  await second('quit').catch(() => {});
  await first.stop();
  await world.close();
});

test('two people of one computer have an agent, ports and entries each, and one leaves the other alone', async (context) => {
  const { kubectl } = first;
  if (kubectl === undefined) return context.skip('kubectl is not installed');
  const [one] = (await first.tunnels<Output<'connect'>>('connect', cluster)).results;
  const [other] = (await second<Output<'connect'>>('connect', cluster)).results;
  expect([one?.status, other?.status]).toEqual(['connected', 'connected']);
  if (one?.status !== 'connected' || other?.status !== 'connected') return;
  expect(other.port).not.toBe(one.port);
  expect(pathsFrom(env).socket).not.toBe(pathsFrom(first.env).socket);
  const namespaces = (by: Readonly<Record<string, string>>) =>
    execa(kubectl, ['get', 'namespaces', '-o', 'name'], { env: by, extendEnv: false, reject: false });
  for (const by of [first.env, env])
    expect((await namespaces(by)).stdout).toContain('namespace/payments-staging');

  await second('quit');
  expect((await namespaces(first.env)).stdout).toContain('namespace/payments-staging');
  const { tunnels } = await first.tunnels<Output<'snapshot'>>('status');
  expect(tunnels.map(({ port }) => port)).toEqual([one.port]);
});
