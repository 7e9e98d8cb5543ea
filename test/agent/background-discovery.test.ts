import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import type { Agent } from '../../main/agent/agent.ts';
import { type Clock, systemClock } from '../../main/agent/parts.ts';
import { pathsFrom } from '../../main/agent/paths.ts';
import { startAgent } from '../support/start-agent.ts';
import { skippingClock } from './skipping-clock.ts';

async function openAgent(clock: Clock, home: string): Promise<Agent> {
  const env = { HOME: home, K8S_TUNNELS_MANAGED_CONFIG: path.join(home, 'managed.yaml') };
  const agent = await startAgent({ env, clock });
  onTestFinished(() => agent.close());
  return agent;
}

async function makeFolder(): Promise<string> {
  const home = await mkdtemp(path.join(tmpdir(), 'k8s-tunnels-agent-'));
  onTestFinished(() => rm(home, { recursive: true, force: true, maxRetries: 5 }));
  return home;
}

test('what has grown older than the setting is read anew, with nobody asking', async () => {
  const home = await makeFolder();
  const file = path.join(home, 'clusters.yaml');
  const write = (...names: readonly string[]) =>
    writeFile(
      file,
      names.map((name) => `- name: ${name}\n  server: https://${name}.example:6443\n`).join(''),
    );
  await write('lab');
  const clock = skippingClock();
  const agent = await openAgent(clock, home);
  agent.changeSettings({ clusterFiles: [file], catalogMaxAgeMinutes: 60 });
  await agent.discover();
  const names = () => agent.snapshot().clusters.map(({ name }) => name);
  expect(names()).toEqual(['lab']);

  await write('lab', 'edge');
  clock.skip(30 * 60_000);
  // A look at kubectl has come round since: nothing was read with it.
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  expect(names()).toEqual(['lab']);
  clock.skip(31 * 60_000);
  await vi.waitFor(() => expect(names().sort()).toEqual(['edge', 'lab']));
});

test('a setting that says nothing of places lets a run go on; one that does ends it', async () => {
  const home = await makeFolder();
  const file = path.join(home, 'clusters.yaml');
  await writeFile(file, '- name: lab\n  server: https://lab.example:6443\n');
  const agent = await openAgent(systemClock, home);
  agent.changeSettings({ clusterFiles: [file] });
  const run = agent.discover();
  agent.changeSettings({ firstRun: false });
  expect(await run).toMatchObject({ clusters: 1 });
  expect((await agent.findings()).clusterFiles).toEqual([{ file, clusters: 1 }]);
  const other = agent.discover();
  agent.changeSettings({ clusterFiles: [] });
  await expect(other).rejects.toMatchObject({ code: 'cancelled' });
});

test('a part of the catalog that cannot be read is told, kept, and read anew', async () => {
  const home = await makeFolder();
  const folder = path.join(pathsFrom({ HOME: home }).state, 'catalog');
  await mkdir(folder, { recursive: true });
  const file = path.join(folder, 'eks-0123456789abcdef.json');
  await writeFile(file, '{"version":3,"data":{}}\n{}\n');
  const agent = await openAgent(systemClock, home);
  const { notices } = agent.snapshot();
  expect(notices).toContainEqual(
    expect.objectContaining({ level: 'warning', message: expect.stringContaining(`${file}.unreadable`) }),
  );
  expect(notices.map(({ message }) => message).join('\n')).toContain('version 3, not 2');
});

test('a mistyped setting stops nothing: it is reported, and the others count', async () => {
  const home = await makeFolder();
  const { config } = pathsFrom({ HOME: home });
  await mkdir(config, { recursive: true });
  await writeFile(path.join(config, 'settings.json'), '{"catalogMaxAgeMinutes":"often","firstRun":false}');
  const agent = await openAgent(systemClock, home);
  expect(agent.settings()).toMatchObject({ catalogMaxAgeMinutes: 60, firstRun: false });
  expect(agent.snapshot().notices).toMatchObject([
    {
      level: 'warning',
      message: expect.stringMatching(/Setting catalogMaxAgeMinutes in .* is ignored: .* VALUE/),
    },
  ]);
});
