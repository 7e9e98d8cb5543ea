import { mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { pathsFrom } from '../../main/agent/paths.ts';
import { startAgent } from '../support/start-agent.ts';
import { skippingClock } from './skipping-clock.ts';

vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof import('node:fs/promises')>();
  // The folders for temporary files may be anywhere: here they are on tmpfs.
  const statfs = async (folder: string) => ({ ...(await real.statfs(folder)), type: 0x01021994 });
  return { ...real, statfs, readdir: vi.fn(real.readdir) };
});

async function openAgent() {
  const home = await mkdtemp(path.join(tmpdir(), 'k8s-tunnels-idle-'));
  onTestFinished(() => rm(home, { recursive: true, force: true, maxRetries: 5 }));
  const env = { HOME: home, K8S_TUNNELS_MANAGED_CONFIG: path.join(home, 'managed.yaml') };
  const paths = pathsFrom(env);
  const clock = skippingClock();
  const agent = await startAgent({ env, paths, clock });
  onTestFinished(() => agent.close());
  return { agent, clock, home, tokens: paths.cloudflared };
}

const pointingTo = (context: string) =>
  JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': context,
    contexts: [{ name: context, context: { cluster: 'c', user: 'u' } }],
  });

test('an idle agent reads the folder of sessions a few times a minute, not every second', async () => {
  const { clock, tokens } = await openAgent();
  const reads = () => vi.mocked(readdir).mock.calls.filter(([folder]) => folder === tokens).length;
  await vi.waitFor(() => expect(reads()).toBeGreaterThan(0));
  const before = reads();
  for (let second = 0; second < 60; second += 1) {
    clock.skip(1_000);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  expect(reads() - before).toBeLessThanOrEqual(3);
});

test('an idle agent wakes a few times in ten minutes, with no tunnel to look after', async () => {
  const { agent, clock } = await openAgent();
  // What a start does has ended.
  await vi.waitFor(() => expect(agent.snapshot().discovery.status).toBe('idle'));
  const { timer } = clock;
  let fired = 0;
  const counted = vi.spyOn(clock, 'timer').mockImplementation((ms, run) =>
    timer(ms, () => {
      fired += 1;
      run();
    }),
  );
  const tenMinutes = async () => {
    for (let step = 0; step < 120; step += 1) {
      clock.skip(5_000);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  };
  // Timers that were set before are not counted.
  await tenMinutes();
  fired = 0;
  await tenMinutes();
  expect(counted).toHaveBeenCalled();
  // Elsewhere it is not known whether another computer writes the files.
  expect(fired).toBeLessThanOrEqual(process.platform === 'linux' ? 6 : 40);
});

test.each([
  ['in its default place', undefined],
  ['in a place that a setting names later', 'elsewhere'],
])('a kubeconfig that is replaced by rename is seen, %s', async (_, folder) => {
  const { agent, home } = await openAgent();
  const file = path.join(home, folder ?? '.kube', 'config');
  if (folder !== undefined) agent.changeSettings({ kubeconfigPath: file });
  for (const context of ['first', 'second']) {
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(`${file}.new`, pointingTo(context), { mode: 0o600 });
    await rename(`${file}.new`, file);
    await vi.waitFor(() => expect(agent.snapshot().kubectl.context).toBe(context));
  }
});
