import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../../main/agent/parts.ts';
import { pathsFrom } from '../../../main/agent/paths.ts';
import { startAgent } from '../../support/start-agent.ts';

test('the setting kubeconfigPath is one file, absolute or below ~/, and no list', async () => {
  const home = await mkdtemp(path.join(tmpdir(), 'k8s-tunnels-path-'));
  onTestFinished(() => rm(home, { recursive: true, force: true, maxRetries: 5 }));
  const env = { HOME: home, K8S_TUNNELS_MANAGED_CONFIG: path.join(home, 'managed.yaml') };
  const agent = await startAgent({ env, paths: pathsFrom(env), clock: systemClock });
  onTestFinished(() => agent.close());
  const file = path.join(home, 'mine.yaml');
  await writeFile(file, 'current-context: chosen\ncontexts: [{name: chosen}]\n');
  const elsewhere = { kubeconfig: '/nowhere', cwd: '/tmp', home };
  for (const kubeconfigPath of [file, '~/mine.yaml']) {
    agent.changeSettings({ kubeconfigPath });
    expect(await agent.kubectl(elsewhere)).toEqual({ context: 'chosen' });
  }
  // A tilde counts only at the beginning.
  await mkdir(path.join(home, 'old~'));
  await writeFile(
    path.join(home, 'old~', 'mine.yaml'),
    'current-context: older\ncontexts: [{name: older}]\n',
  );
  agent.changeSettings({ kubeconfigPath: path.join(home, 'old~', 'mine.yaml') });
  expect(await agent.kubectl(elsewhere)).toEqual({ context: 'older' });
  for (const kubeconfigPath of ['mine.yaml', './mine.yaml', `${file}:${file}`, `${file};/tmp/x`])
    expect(() => agent.changeSettings({ kubeconfigPath })).toThrow(/kubeconfigPath.*one file/);
});
