import { once } from 'node:events';
import { chmod, copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, expect, test } from 'vitest';

/** A checkout of which only the step to a newer Node is there. */
let checkout: string;
let step: string;
beforeEach(async () => {
  checkout = await mkdtemp(path.join(tmpdir(), 'older-node-'));
  step = path.join(checkout, 'out', 'cli', 'older-node.cjs');
  await mkdir(path.dirname(step), { recursive: true });
  await copyFile('main/cli/older-node.cjs', step);
});
afterEach(() => rm(checkout, { recursive: true, force: true }));

/** In place of the Node that `npm ci` brings, a script of sh. */
async function bring(script: string): Promise<void> {
  const bin = path.join(checkout, 'node_modules', 'node', 'bin');
  await mkdir(bin, { recursive: true });
  await writeFile(path.join(bin, 'node'), `#!/bin/sh\n${script}\n`);
  await chmod(path.join(bin, 'node'), 0o755);
}
const start = (...args: readonly string[]) => execa(process.execPath, [step, ...args], { reject: false });

test('without a newer Node it says which is needed, which this is and what to do', async () => {
  const { exitCode, stderr } = await start('status');
  expect(exitCode).toBe(1);
  expect(stderr).toBe(
    `k8s-tunnels needs Node 24 or later; this is Node ${process.versions.node} (${process.execPath}). Run npm ci in ${checkout}, which installs it, or install Node 24.`,
  );
});

test('arguments, output and exit code are those of the newer one', async () => {
  await bring('shift; echo "$#:$1:$2"; exit 7');
  const { exitCode, stdout } = await start('connect', 'two words');
  expect({ exitCode, stdout }).toEqual({ exitCode: 7, stdout: '2:connect:two words' });
});

test('a Node that does not start is named', async () => {
  await bring('');
  await chmod(path.join(checkout, 'node_modules/node/bin/node'), 0o644);
  const { exitCode, stderr } = await start();
  expect(exitCode).toBe(1);
  expect(stderr).toContain(path.join(checkout, 'node_modules/node/bin/node'));
});

test.for(['SIGTERM', 'SIGHUP'] as const)('%s ends both, and the end is told as such', async (signal) => {
  await bring('echo ready; exec sleep 60');
  const running = start();
  await once(running.stdout, 'data');
  running.kill(signal);
  expect(await running).toMatchObject({ signal, isTerminated: true });
});

test('Ctrl-C is left to the newer one', async () => {
  await bring("trap 'exit 130' INT; echo ready; while :; do sleep 0.05; done");
  const running = execa(process.execPath, [step], { reject: false, detached: true });
  await once(running.stdout, 'data');
  // As a terminal does: to the whole group.
  process.kill(-(running.pid ?? 0), 'SIGINT');
  expect(await running).toMatchObject({ exitCode: 130 });
});
