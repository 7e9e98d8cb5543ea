import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { kubeconfigEntry } from '../../../main/agent/connections/kubeconfig-entry.ts';
import { readRemembered } from '../../../main/agent/connections/remembered.ts';
import { readSwitchLimits } from '../../../main/agent/connections/switch-limits.ts';
import { createKubeconfig } from '../../../main/agent/kubeconfig/kubeconfig.ts';
import { silentLogger } from '../../../main/agent/parts.ts';
import { pathsFrom } from '../../../main/agent/paths.ts';
import { startAgent } from '../../support/start-agent.ts';
import { skippingClock } from '../skipping-clock.ts';
import { kubeconfigOf } from './standing-tunnels.ts';

test('an agent shows the time limit that an earlier one left, announces it and ends it', async () => {
  const home = await mkdtemp(path.join(tmpdir(), 'limited-agent-'));
  onTestFinished(() => rm(home, { recursive: true, force: true, maxRetries: 5 }));
  const env = { HOME: home, K8S_TUNNELS_MANAGED_CONFIG: path.join(home, 'managed.yaml') };
  const paths = pathsFrom(env);
  const clock = skippingClock();
  const open = () => startAgent({ env, paths, clock });
  const list = path.join(home, 'clusters.yaml');
  await writeFile(
    list,
    '- {name: ledger, server: "https://127.0.0.1:9", tags: {connector: direct, environment: production}}\n',
  );
  const file = path.join(home, '.kube/config');
  await mkdir(path.dirname(file));
  await writeFile(file, kubeconfigOf('mine'), { mode: 0o600 });
  const first = await open();
  first.changeSettings({ clusterFiles: [list] });
  await first.discover();
  const [cluster] = first.snapshot().clusters;
  await first.close();
  if (cluster === undefined) throw new Error('no cluster');

  // As an agent leaves it that was killed.
  const source = { kubeconfig: undefined, cwd: home, home };
  const folder = paths.state;
  const kubeconfig = createKubeconfig({ folder, clock, logger: silentLogger });
  const plugin = { command: process.execPath, args: [] };
  const entry = kubeconfigEntry({ cluster, name: 'ledger', local: undefined, plugin });
  await kubeconfig.add(source, [entry], { current: cluster.id });
  await kubeconfig.close();
  await (await readRemembered({ folder, logger: silentLogger })).put([
    { cluster: cluster.id, place: { cwd: home, home }, status: 'open' },
  ]);
  const nothing = async () => {};
  const limits = { folder, clock, logger: silentLogger, announce: nothing, end: nothing };
  await (await readSwitchLimits(limits)).set(cluster.id, source, 30 * 60_000, undefined);

  const agent = await open();
  onTestFinished(() => agent.close());
  expect(agent.snapshot().kubectl).toEqual({
    context: 'ledger',
    cluster: cluster.id,
    production: true,
    limit: { until: expect.any(Number), back: 'mine' },
  });
  const notices = () => agent.snapshot().notices.map(({ message }) => message);
  clock.skip(28 * 60_000);
  await vi.waitFor(() =>
    expect(notices()).toContainEqual(
      expect.stringMatching(/^At \d\d:\d\d, the current context switches back from ledger to mine\.$/),
    ),
  );
  expect(agent.snapshot().kubectl.context).toBe('ledger');
  clock.skip(2 * 60_000);
  await vi.waitFor(() => expect(agent.snapshot().kubectl).toEqual({ context: 'mine' }));
  expect(await readFile(file, 'utf8')).toMatch(/^current-context: mine$/m);
  expect(agent.activity({}).filter(({ kind }) => kind === 'kubectl')).toMatchObject([{ context: 'mine' }]);
});
