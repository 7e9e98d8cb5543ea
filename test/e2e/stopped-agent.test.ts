import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { lstat } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import path from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { pathsFrom } from '../../main/agent/paths.ts';
import type { Output } from '../../main/api/contract.ts';
import { type CommandLine, createCommandLine } from '../world/demo/command-line.ts';
import { startWorld, type World } from '../world/world.ts';

const patience = { timeout: 20_000, interval: 20 };
const cluster = 'payments-staging-eu';

let world: World;
let commandLine: CommandLine;
let pid: number;

beforeEach(async () => {
  world = await startWorld();
  commandLine = await createCommandLine(world);
  ({ pid } = (await commandLine.tunnels<Output<'snapshot'>>('status')).agent);
});

afterEach(async () => {
  process.kill(pid, 'SIGCONT');
  await commandLine.stop();
  await world.close();
});

const stop = () => process.kill(pid, 'SIGSTOP');
const socketFile = () => pathsFrom(commandLine.env).socket;

test('a stopped agent is named by every command, keeps its socket, and goes on', async () => {
  const { ino } = await lstat(socketFile());
  stop();
  const commands = [['status'], ['connect', cluster], ['quit'], ['list', '--json']];
  const answers = await Promise.all(commands.map((args) => commandLine.run('k8s-tunnels', args)));
  for (const { code, stdout, stderr } of answers) {
    const told = stdout + stderr;
    expect(code).toBe(5);
    expect(told).toContain(`The agent (process ${pid}) does not answer.`);
    expect(told).toContain(`kill -CONT ${pid}`);
    if (process.platform === 'linux') expect(told).toContain('It is stopped.');
    expect(told).not.toMatch(/delete|remove|\brm\b|not k8s-tunnels/i);
  }

  // Whoever connected meanwhile still waits in its queue: when that is full, it is no other error.
  const queued: Socket[] = [];
  for (let full = false; !full && queued.length < 5_000; ) {
    const socket = connect(socketFile());
    queued.push(socket);
    full = await new Promise<boolean>((resolve) => {
      socket.once('connect', () => resolve(false)).once('error', () => resolve(true));
    });
  }
  const { code, stderr } = await commandLine.run('k8s-tunnels', ['status']);
  expect(code).toBe(5);
  expect(stderr).toContain(`The agent (process ${pid}) does not answer.`);
  for (const socket of queued) socket.on('error', () => {}).destroy();

  process.kill(pid, 'SIGCONT');
  // It has thousands of old connections to close first.
  await vi.waitFor(
    async () => expect((await commandLine.tunnels<Output<'snapshot'>>('status')).agent.pid).toBe(pid),
    { timeout: 15_000, interval: 200 },
  );
  expect((await lstat(socketFile())).ino).toBe(ino);
});

test('a command that waits for an agent that is stopped meanwhile says so, and ends well when it goes on', async () => {
  const signIn = world.traffic.inject({ service: 'idp', operation: 'sign-in', does: { kind: 'hold' } });
  const child: ChildProcess = spawn(path.join(commandLine.bin, 'k8s-tunnels'), ['connect', cluster], {
    env: { ...commandLine.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let told = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    told += chunk.toString();
    if (told.includes('does not answer')) process.kill(pid, 'SIGCONT');
  });
  const ended = once(child, 'exit');
  await vi.waitFor(async () => expect(await world.browser.tabs()).toHaveLength(1), patience);
  stop();
  signIn();
  const [code] = await ended;
  expect(told).toContain(`The agent (process ${pid}) does not answer.`);
  expect(code).toBe(0);
});
