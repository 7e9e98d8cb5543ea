import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { createAgent } from '../../main/agent/create-agent.ts';
import { silentLogger } from '../../main/agent/parts.ts';
import { pathsFrom } from '../../main/agent/paths.ts';
import { openConfStore } from '../../main/agent/settings/conf-store.ts';
import { skippingClock } from './skipping-clock.ts';

test('what has grown older than the setting is read anew, with nobody asking', async () => {
  const home = await mkdtemp(path.join(tmpdir(), 'k8s-tunnels-agent-'));
  onTestFinished(() => rm(home, { recursive: true, force: true, maxRetries: 5 }));
  const env = { HOME: home, K8S_TUNNELS_MANAGED_CONFIG: path.join(home, 'managed.yaml') };
  const paths = pathsFrom(env);
  const file = path.join(home, 'clusters.yaml');
  const write = (...names: readonly string[]) =>
    writeFile(
      file,
      names.map((name) => `- name: ${name}\n  server: https://${name}.example:6443\n`).join(''),
    );
  await write('lab');
  const clock = skippingClock();
  const agent = await createAgent({
    env,
    paths,
    clock,
    logger: silentLogger,
    openStore: () => openConfStore(paths.config),
    openUrl: () => Promise.reject(new Error('no browser is expected')),
    plugin: { command: process.execPath, args: [] },
  });
  onTestFinished(() => agent.close());
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
  await vi.waitFor(() => expect(names().sort()).toEqual(['edge', 'lab']), { timeout: 5_000 });
});
