import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { pathsFrom } from '../../main/agent/paths.ts';
import type { Output } from '../../main/api/contract.ts';
import { root } from '../cli/run-cli.ts';
import { runInTerminal, startInTerminal } from '../cli/terminal.ts';
import { type CommandLine, createCommandLine } from '../world/demo/command-line.ts';
import { startWorld, type World } from '../world/world.ts';

/** The rule for production, by the built command line, in a terminal, and the user's own kubeconfig. */

const own =
  'apiVersion: v1\nkind: Config\ncontexts: [{name: mine, context: {}}]\nclusters: []\nusers: []\ncurrent-context: mine\n';
const [production, staging] = ['payments-prod-eu', 'payments-staging-eu'] as const;
const program = path.join(root, 'out/cli/k8s-tunnels.cjs');
const script = await execa('script', ['--version'], { reject: false });

let world: World;
let commandLine: CommandLine;
let file: string;

beforeEach(async (context) => {
  context.skip(script.exitCode !== 0, 'script is not installed');
  world = await startWorld();
  commandLine = await createCommandLine(world);
  file = world.env.KUBECONFIG ?? '';
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, own, { mode: 0o600 });
});
afterEach(async () => {
  await commandLine?.stop();
  await world?.close();
});

const current = async () => /^current-context: "?([^"\n]*)"?$/m.exec(await readFile(file, 'utf8'))?.[1];
const run = (...args: readonly string[]) => commandLine.run('k8s-tunnels', args);
const inTerminal = (args: readonly string[], when: string, keys: string) =>
  runInTerminal({ args, env: commandLine.env, program, when, keys });

test('connected without a switch, switched to after a yes, for some time, also over the death of the agent', async () => {
  // Nobody answers here: a question would keep it for ever.
  const connecting = startInTerminal({ args: ['connect', production], env: commandLine.env, program });
  expect(await connecting.ended).toBe(0);
  expect(connecting.screen()).toContain(
    `The current context was not switched: ${production} is a production cluster.`,
  );
  expect(await current()).toBe('mine');

  const switched = await run('connect', staging);
  expect(switched.stdout).toContain('Switched from mine. Undo: k8s-tunnels switch -');
  expect(await current()).toBe(staging);
  expect((await run('switch', '-')).code).toBe(0);
  expect(await current()).toBe('mine');

  expect((await run('switch', production)).code).toBe(2);
  const ask = ['switch', production, '--for', '30m'];
  const question = 'Switch to production?';
  expect((await inTerminal(ask, question, '\r')).code).toBe(130);
  expect(await current()).toBe('mine');
  const yes = await inTerminal(ask, question, '\u001b[D\r');
  expect(yes).toMatchObject({
    code: 0,
    screen: expect.stringContaining(`Current context: ${production} (production, 30m left, then mine)`),
  });
  expect(await current()).toBe(production);

  // The agent dies, and the time is over before another one starts.
  const { agent } = await commandLine.tunnels<Output<'snapshot'>>('status');
  process.kill(agent.pid, 'SIGKILL');
  const limits = path.join(pathsFrom(commandLine.env).state, 'switch-limits.json');
  const { data, ...rest } = JSON.parse(await readFile(limits, 'utf8')) as { data: readonly object[] };
  expect(data).toHaveLength(1);
  const over = data.map((limit) => ({ ...limit, until: Date.now() - 1 }));
  await writeFile(limits, JSON.stringify({ ...rest, data: over }), { mode: 0o600 });
  expect(await current()).toBe(production);
  await run('status');
  await vi.waitFor(async () => expect(await current()).toBe('mine'), { timeout: 15_000, interval: 50 });
  const after = await commandLine.tunnels<Output<'snapshot'>>('status');
  expect(after.agent.pid).not.toBe(agent.pid);
  expect(after.kubectl).toEqual({ context: 'mine' });

  for (const verb of ['disconnect', 'remove']) expect((await run(verb)).code).toBe(2);
  expect((await run('remove', '--all')).code).toBe(0);
  expect(await readFile(file, 'utf8')).toBe(own);
});
