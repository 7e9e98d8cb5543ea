import { once } from 'node:events';
import net from 'node:net';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { Output } from '../../main/api/contract.ts';
import { builtProgram, startCli } from '../cli/run-cli.ts';
import { type CommandLine, createCommandLine } from '../world/demo/command-line.ts';
import { startWorld, type World } from '../world/world.ts';

const cluster = 'payments-staging-eu';
type Health = 'well' | 'refuses and resets' | 'refuses and stays' | 'silent';

/** A proxy before the world's own, which can fall ill. */
let health: Health;
let clients: Set<net.Socket>;
let server: net.Server;
let world: World;
let commandLine: CommandLine;

beforeEach(async () => {
  world = await startWorld();
  health = 'well';
  clients = new Set();
  const behind = Number(new URL(world.env.HTTPS_PROXY ?? '').port);
  server = net.createServer((client) => {
    clients.add(client);
    client.on('error', () => {}).on('close', () => clients.delete(client));
    if (health === 'silent') return void client.resume();
    if (health === 'well') {
      const onward = net.connect(behind, '127.0.0.1');
      onward.on('error', () => {}).on('close', () => client.destroy());
      client.on('close', () => onward.destroy());
      return void client.pipe(onward).pipe(client);
    }
    client.once('data', () => {
      client.write('HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n');
      if (health === 'refuses and resets') setTimeout(() => client.resetAndDestroy(), 30);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as net.AddressInfo;
  commandLine = await createCommandLine(world, { HTTPS_PROXY: `http://127.0.0.1:${port}` });
});
afterEach(async () => {
  await commandLine.stop();
  for (const client of clients) client.destroy();
  server.close();
  await world.close();
});

const snapshot = () => commandLine.tunnels<Output<'snapshot'>>('status');
const statuses = async () => (await commandLine.snapshot()).tunnels.map(({ state }) => state.status);
const namespaces = () =>
  commandLine.run(commandLine.kubectl ?? 'kubectl', ['--context', cluster, 'get', 'ns', '-o', 'name']);

it.each(['refuses and resets', 'refuses and stays', 'silent'] as const)(
  'a proxy that %s interrupts the tunnels, not the agent, and they return with it',
  async (illness) => {
    const { results } = await commandLine.tunnels<Output<'connect'>>('connect', cluster);
    expect(results.map(({ status }) => status)).toEqual(['connected']);
    const { agent } = await snapshot();

    health = illness;
    for (const client of clients) client.destroy();
    const failed = commandLine.kubectl === undefined ? undefined : await namespaces();
    expect(failed?.code).not.toBe(0);
    await vi.waitFor(async () => expect(await statuses()).toEqual(['reconnecting']), { timeout: 20_000 });
    // No refusal leaves a connection behind; what is there waits for an answer.
    if (illness !== 'silent') await vi.waitFor(() => expect(clients.size).toBe(0));

    health = 'well';
    await vi.waitFor(async () => expect(await statuses()).toEqual(['connected']), { timeout: 40_000 });
    if (commandLine.kubectl !== undefined) expect((await namespaces()).stdout).toContain('namespace/');
    expect((await snapshot()).agent).toMatchObject({ pid: agent.pid, startedAt: agent.startedAt });
  },
  90_000,
);

it('a variable that is no address of a proxy is a notice, and the agent runs', async () => {
  const env = { ...commandLine.env, HTTPS_PROXY: 'ftp://ada:geheim@proxy.example' };
  const agent = startCli(['agent', '--json'], { env, program: builtProgram });
  await agent.says('"agent"');
  const messages = (await snapshot()).notices.map(({ message }) => message).join('\n');
  expect(messages).toContain('HTTPS_PROXY does not hold the address of a proxy.');
  expect(messages).not.toContain('geheim');
});
