import { readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import type { z } from 'zod';
import { doctorSchema } from '../../main/cli/doctor/document.ts';
import { exitCodes } from '../../main/cli/exit-codes.ts';
import type { CommandLine } from '../world/demo/command-line.ts';
import type { World } from '../world/world.ts';
import { eachInWorld } from './world-fixture.ts';

const cluster = 'payments-staging-eu';

let world: World;
let commandLine: CommandLine;
eachInWorld((started) => {
  ({ world, commandLine } = started);
});

/** Runs `doctor --json` of the built product, and checks its document by the schema and its exit code. */
async function doctor(...args: readonly string[]): Promise<z.infer<typeof doctorSchema>> {
  const { code, stdout } = await commandLine.run('k8s-tunnels', ['doctor', '--json', ...args]);
  const document = doctorSchema.parse(JSON.parse(stdout));
  const isWrong = document.findings.some(({ severity }) => severity !== 'info');
  expect(code).toBe(isWrong ? exitCodes.findings : exitCodes.ok);
  return document;
}
const codes = ({ findings }: z.infer<typeof doctorSchema>) => findings.map(({ code }) => code);

test('from no agent, through a broken entry and its repair, to a kubeconfig that nobody can read', async () => {
  const kubeconfig = path.join(world.home, '.kube', 'config');
  const project = path.join(world.home, 'project');
  const refused = await commandLine.run('k8s-tunnels', ['doctor', '--json', 'no-such-folder']);
  expect(refused.code).toBe(exitCodes.badInput);
  expect(JSON.parse(refused.stdout)).toMatchObject({ error: { code: 'bad-input' } });
  const asleep = await doctor();
  expect(asleep.agent).toBeNull();
  expect(codes(asleep)).toContain('agent-not-running');

  await commandLine.tunnels('connect', cluster);
  await commandLine.run('mkdir', ['-p', project]);
  await writeFile(path.join(project, 'requirements.txt'), 'kubernetes==35.0.0\n');
  const healthy = await doctor(project);
  expect(healthy.agent?.pid).toBeGreaterThan(0);
  expect(healthy.clients).toContainEqual(
    expect.objectContaining({ name: 'kubernetes', version: '35.0.0', form: 'tls' }),
  );
  // Which programs this computer has, and how fast they answer, is not the product's.
  expect(codes(healthy).filter((code) => !/^(?:client|session)-|^probe-timeout$/.test(code))).toEqual([]);
  const unserved = healthy.findings.find(({ subject }) => subject === 'kubernetes 35.0.0');
  expect(unserved?.fix).toBe(`k8s-tunnels kubeconfig ${cluster} --for python`);

  // Twice within a minute: the agent leaves it then, and says so.
  const strip = async () => {
    const text = await readFile(kubeconfig, 'utf8');
    await writeFile(kubeconfig, text.replace(/^.*proxy-url: .*\n/m, ''));
  };
  const hasProxy = async () => (await readFile(kubeconfig, 'utf8')).includes('proxy-url');
  await strip();
  await expect.poll(hasProxy, { timeout: 10_000 }).toBe(true);
  await strip();
  await expect
    .poll(async () => (await commandLine.run('k8s-tunnels', ['status'])).stdout, { timeout: 10_000 })
    .toContain('less than a minute after');
  const broken = await doctor();
  expect(broken.findings).toContainEqual(
    expect.objectContaining({
      code: 'entry-changed',
      subject: cluster,
      isFixable: true,
      reason: expect.stringContaining('proxy-url'),
    }),
  );
  expect(await hasProxy()).toBe(false);
  const repaired = await doctor('--fix');
  expect(repaired.fixed).toMatchObject([{ code: 'entry-changed', subject: cluster }]);
  expect(codes(repaired)).not.toContain('entry-changed');
  expect(await hasProxy()).toBe(true);

  await commandLine.tunnels('quit');
  await writeFile(kubeconfig, 'clusters: [\n');
  const text = await commandLine.run('k8s-tunnels', ['doctor']);
  expect(text.code).toBe(exitCodes.findings);
  expect(text.stdout).toMatch(/\[agent-not-running\]/);
  expect(text.stdout).toMatch(/✗ .*config: .*\[kubeconfig-unusable\]/);
  expect(text.stderr).toContain('docs/troubleshooting.md');
  await rm(kubeconfig);
}, 120_000);
