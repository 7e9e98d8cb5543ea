import { mkdtemp, readFile } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { pathsFrom } from '../../../main/agent/paths.ts';
import type { Output } from '../../../main/api/contract.ts';
import { defaultPlan } from '../../world/plan.ts';
import { type OrdinaryUser, ordinaryUser, type PackedApp } from './ordinary-user.ts';

/** What the runtime of an AppImage does, which no registry has: it mounts the app read-only, elsewhere at each start. */

const { K8S_TUNNELS_UNPACKED: unpacked = '' } = process.env;
const title = 'search-staging';
const image = '/home/k8s-tunnels-image/Applications/k8s-tunnels.AppImage';
let user: OrdinaryUser;

beforeEach(async () => {
  user = await ordinaryUser({ name: 'k8s-tunnels-image', plan: defaultPlan, env: { APPIMAGE: image } });
});
afterEach(async () => {
  await user?.close();
});

async function startMounted(): Promise<{ app: PackedApp; folder: string; end(): Promise<void> }> {
  const folder = await mkdtemp('/tmp/.mount_k8s-tu');
  await execa('mount', ['--bind', '-o', 'ro,nosuid,nodev', unpacked, folder]);
  const app = await user.startApp(path.join(folder, 'k8s-tunnels'));
  return {
    app,
    folder,
    async end() {
      process.kill(app.pid, 'SIGTERM');
      await app.ended;
      await execa('umount', ['--lazy', folder]);
    },
  };
}

test('an AppImage leaves its programs where kubectl finds them, and starts at login by its own file', async (context) => {
  const mayUnshare = (await user.run('unshare', '--user', '--map-root-user', 'true')).exitCode === 0;
  if (!mayUnshare) return context.skip('users may not create user namespaces here, and nothing is installed');
  const program = path.join(pathsFrom(user.world.env).state, 'programs', 'k8s-tunnels');
  const tunnels = async <T>(...args: readonly string[]) =>
    JSON.parse(String((await user.run(program, ...args, '--json')).stdout)) as T;
  const namespaces = async () => {
    const { stdout, stderr } = await user.run(
      'kubectl',
      '--context',
      title,
      'get',
      'namespaces',
      '-o',
      'name',
    );
    expect(`${String(stdout)}${String(stderr)}`).toContain('namespace/search-staging');
  };

  const first = await startMounted();
  await first.app.page.waitFor(`document.querySelector('[aria-label="Connect ${title}"]') !== null`);
  await tunnels('connect', title);
  expect(await readFile(user.world.env.KUBECONFIG ?? '', 'utf8')).toContain(program);
  await namespaces();
  await tunnels('settings', 'startAtLogin', 'true');
  const item = path.join(user.world.home, '.config', 'autostart', 'k8s-tunnels.desktop');
  await vi.waitFor(async () => expect(await readFile(item, 'utf8')).toContain(`Exec="${image}" --hidden`));
  await first.end();

  const second = await startMounted();
  expect(second.folder).not.toBe(first.folder);
  await vi.waitFor(async () => {
    const { agent } = await tunnels<Output<'snapshot'>>('status');
    expect(agent.pid).toBe(second.app.pid);
  });
  await namespaces();
  await tunnels('remove', '--all');
  await second.end();
});
