import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type CommandLine, createCommandLine } from '../world/demo/command-line.ts';
import { startWorld, type World } from '../world/world.ts';

/** Sets and favourites by the built command line, over a restart of the agent. */

const [staging, search] = ['payments-staging-eu', 'search-staging'] as const;

let world: World;
let commandLine: CommandLine;

beforeEach(async () => {
  world = await startWorld();
  commandLine = await createCommandLine(world);
  await mkdir(path.dirname(world.env.KUBECONFIG ?? ''), { recursive: true });
});
afterEach(async () => {
  await commandLine?.stop();
  await world?.close();
});

const run = async (...args: readonly string[]) => {
  const { code, stdout, stderr } = await commandLine.run('k8s-tunnels', args);
  return { code, stdout, stderr };
};

test('a set is saved, changed, shared and connected; a favourite is added; both last', async () => {
  expect((await run('sets', 'save', 'mornings', staging)).stdout).toBe(
    `Saved the set "mornings" of ${staging}.\n`,
  );
  expect((await run('sets', 'add', 'Mornings', search)).code).toBe(0);
  expect((await run('sets', 'rename', 'mornings', 'every day')).code).toBe(0);
  expect((await run('favourites', 'add', search)).stdout).toBe(`Added to favourites: ${search}.\n`);
  expect((await run('quit')).code).toBe(0);

  expect((await run('favourites')).stdout).toBe(`${search}\n`);
  expect((await run('sets')).stdout).toMatch(new RegExp(`^every day +${staging}, ${search}\\n$`));
  expect((await run('sets', 'link', 'every day')).stdout).toMatch(
    /^k8s-tunnels:\/\/set\?name=every%20day&cluster=eks\/\S+&cluster=eks\/\S+\n$/,
  );
  const connected = await run('connect', '--set', 'every day');
  expect([connected.code, connected.stdout]).toEqual([0, expect.stringContaining(`✓ ${search}`)]);
  expect((await run('sets', 'delete', 'every day')).code).toBe(0);
  expect((await run('sets')).stdout).toContain('No sets yet.');
});
