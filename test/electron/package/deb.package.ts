import { readdirSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { FuseState, FuseV1Options, getCurrentFuseWire } from '@electron/fuses';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { Output } from '../../../main/api/contract.ts';
import { defaultPlan } from '../../world/plan.ts';
import { type StatusNotifierWatcher, serveStatusNotifierWatcher } from '../status-notifier-watcher.ts';
import { type OrdinaryUser, ordinaryUser, type PackedApp } from './ordinary-user.ts';

/** The deb from its installation to its end, each test beginning where the one before it ended. */

const {
  K8S_TUNNELS_PACKAGE: deb = '',
  K8S_TUNNELS_OVERLAY: overlay = '',
  K8S_TUNNELS_ELECTRON_VERSION: electron = '',
  K8S_TUNNELS_SCREENSHOTS: pictures,
} = process.env;
const folder = '/opt/k8s-tunnels';
const program = path.join(folder, 'k8s-tunnels');
const helper = path.join(folder, 'chrome-sandbox');
const bin = path.join(folder, 'resources', 'bin');
const [byCloudflared, byBuiltin] = ['payments-staging-eu', 'search-staging'] as const;
const namespaces = { [byCloudflared]: 'payments-staging', [byBuiltin]: 'search-staging' } as const;

let user: OrdinaryUser;
let tray: StatusNotifierWatcher;
let app: PackedApp;
let others: readonly string[];

const tunnels = async <T>(...args: readonly string[]): Promise<T> => {
  const { exitCode, stdout, stderr } = await user.run('/usr/bin/k8s-tunnels', ...args, '--json');
  if (exitCode !== 0) throw new Error(`k8s-tunnels ${args.join(' ')}: ${String(stdout)}${String(stderr)}`);
  return JSON.parse(String(stdout)) as T;
};
const status = () => tunnels<Output<'snapshot'>>('status');
const kubectl = async (context: keyof typeof namespaces) => {
  const { stdout, stderr } = await user.run(
    'kubectl',
    '--context',
    context,
    'get',
    'namespaces',
    '-o',
    'name',
  );
  expect(`${String(stdout)}${String(stderr)}`).toContain(`namespace/${namespaces[context]}`);
};
const modeOf = async (file: string) => ((await stat(file)).mode & 0o7777).toString(8);
const switchOf = (title: string) => `document.querySelector('[aria-label="Connect ${title}"]')`;
/** Files that are not of the system before. */
const added = () =>
  (readdirSync(overlay, { recursive: true, withFileTypes: true }) as { name: string; parentPath: string }[])
    .map(({ name, parentPath }) => path.join(parentPath, name).slice(overlay.length))
    .filter((file) => !/^\/(var\/(lib\/dpkg|log|cache)|home|etc|run|tmp|root)(\/|$)|\.cache$/.test(file));

beforeAll(async () => {
  user = await ordinaryUser({
    name: 'k8s-tunnels-user',
    plan: {
      ...defaultPlan,
      eks: defaultPlan.eks.map((cluster) =>
        cluster.name === 'payments-staging'
          ? { ...cluster, tags: { ...cluster.tags, 'k8s-tunnels-connector': 'cloudflared' } }
          : cluster,
      ),
    },
  });
  tray = await serveStatusNotifierWatcher(user.bus);
  others = added();
});
afterAll(async () => {
  await user?.close();
});

test('dpkg installs it, and the helper of the sandbox has the rights of root only where users need it', async () => {
  await execa('dpkg', ['-i', deb]);
  const mayUnshare = (await user.run('unshare', '--user', '--map-root-user', 'true')).exitCode === 0;
  expect(await modeOf(helper)).toBe(mayUnshare ? '755' : '4755');

  // Where the kernel lets no user create one, though root may.
  const none = await mkdtemp('/tmp/k8s-tunnels-none-');
  const setting = '/proc/sys/user/max_user_namespaces';
  await writeFile(path.join(none, 'setting'), '0\n');
  await execa('mount', ['--bind', path.join(none, 'setting'), setting]);
  await configure();
  await execa('umount', [setting]);
  expect(await modeOf(helper)).toBe('4755');

  // Where an account of root alone may: `unshare` says no to all others.
  await writeFile(
    path.join(none, 'unshare'),
    '#!/bin/sh\n[ "$(id -u)" = 0 ] || exit 1\nexec /usr/bin/unshare "$@"\n',
    { mode: 0o755 },
  );
  await execa('chmod', ['755', none]);
  await configure({ PATH: `${none}:${process.env.PATH ?? ''}` });
  expect(await modeOf(helper)).toBe('4755');
  await rm(none, { recursive: true });
});

test('`man k8s-tunnels` shows the manual page of the command line', async () => {
  // The paths of a system that leaves manual pages out of its packages too.
  const { stdout, exitCode } = await user.run('man', '--encoding=ascii', 'k8s-tunnels');
  expect(exitCode).toBe(0);
  expect(String(stdout)).toContain('k8s-tunnels switch [options] <cluster>');
});

test('by that helper the app starts where there are no user namespaces', async () => {
  const sealed = await user.startApp(program, '--disable-namespace-sandbox');
  await isSandboxed(sealed.pid);
  expect((await commandsOf()).some((line) => line.startsWith(helper))).toBe(true);
  process.kill(sealed.pid, 'SIGTERM');
  await sealed.ended;
  await configure();
});

test('its fuses are set as they should be, and nobody uses it as Node', async () => {
  const wire = await getCurrentFuseWire(program);
  const [on, off] = [FuseState.ENABLE, FuseState.DISABLE];
  const wanted: Partial<Record<FuseV1Options, FuseState>> = {
    [FuseV1Options.RunAsNode]: off,
    [FuseV1Options.EnableCookieEncryption]: on,
    [FuseV1Options.EnableNodeOptionsEnvironmentVariable]: off,
    [FuseV1Options.EnableNodeCliInspectArguments]: off,
    [FuseV1Options.EnableEmbeddedAsarIntegrityValidation]: on,
    [FuseV1Options.OnlyLoadAppFromAsar]: on,
    ...(Number.parseInt(electron, 10) < 29 ? {} : { [FuseV1Options.GrantFileProtocolExtraPrivileges]: off }),
  };
  expect(wire).toMatchObject(wanted);
});

test('an ordinary user starts it, sandboxed, and connects two clusters, one by the cloudflared in it', async () => {
  app = await user.startApp(program);
  await app.page.waitFor(`${switchOf(byBuiltin)} !== null`);
  await isSandboxed(app.pid);
  for (const [at, title] of [byCloudflared, byBuiltin].entries()) {
    await app.page.waitFor(`${switchOf(title)} !== null`);
    await app.page.evaluate(`${switchOf(title)}.click()`);
    await vi.waitFor(async () => {
      const open = (await status()).tunnels.filter(({ state }) => state.status === 'connected');
      expect(open).toHaveLength(at + 1);
    });
  }
  const { agent, tunnels: open } = await status();
  expect(agent.pid).toBe(app.pid);
  expect(open.map(({ connector }) => connector).sort()).toEqual(['builtin', 'cloudflared']);
  expect((await commandsOf()).some((line) => line.includes(path.join(bin, 'cloudflared')))).toBe(true);
  expect(await user.world.browser.tabs()).toHaveLength(1);
});

test('kubectl gets its credentials by the packed command line, also after the update of a running app', async () => {
  const kubeconfig = await readFile(user.world.env.KUBECONFIG ?? '', 'utf8');
  expect(kubeconfig).toContain(path.join(bin, 'k8s-tunnels'));
  await kubectl(byCloudflared);
  await kubectl(byBuiltin);

  const newer = await mkdtemp('/tmp/k8s-tunnels-newer-');
  await execa('dpkg-deb', ['-R', deb, path.join(newer, 'files')]);
  const control = path.join(newer, 'files', 'DEBIAN', 'control');
  await writeFile(control, (await readFile(control, 'utf8')).replace(/^Version: .*$/m, 'Version: 999.0.0'));
  await execa('dpkg-deb', [
    '--root-owner-group',
    '-Znone',
    '-b',
    path.join(newer, 'files'),
    `${newer}/newer.deb`,
  ]);
  const { ino } = await stat(program);
  await execa('dpkg', ['-i', `${newer}/newer.deb`]);
  await rm(newer, { recursive: true });
  expect((await stat(program)).ino).not.toBe(ino);

  expect((await status()).agent.pid).toBe(app.pid);
  await kubectl(byCloudflared);
  await kubectl(byBuiltin);
  await app.page.evaluate('location.reload()');
  await app.page.waitFor(`${switchOf(byBuiltin)}?.checked === true`);
  if (pictures !== undefined) await app.page.screenshot(path.join(pictures, 'packed.png'));
});

test('a link of the system asks in its window, and the setting starts it at login', async () => {
  const { stdout } = await user.run('xdg-mime', 'query', 'default', 'x-scheme-handler/k8s-tunnels');
  expect(stdout).toBe('k8s-tunnels.desktop');
  // As GNOME does. Without a desktop, xdg-open before 1.2 takes an address whose scheme has a digit for a file.
  const opened = await user.run('gio', 'open', 'k8s-tunnels://connect?cluster=partner-edge');
  expect(opened).toMatchObject({ exitCode: 0 });
  await app.page.waitFor(`document.querySelector('[role=alertdialog]') !== null`);
  expect(
    await app.page.evaluate<string>(`document.querySelector('[role=alertdialog]').textContent`),
  ).toContain('Open 1 cluster?');
  if (pictures !== undefined) await app.page.screenshot(path.join(pictures, 'packed-link.png'));
  expect((await status()).tunnels).toHaveLength(2);

  const item = path.join(user.world.home, '.config', 'autostart', 'k8s-tunnels.desktop');
  await tunnels('settings', 'startAtLogin', 'true');
  await vi.waitFor(async () => expect(await readFile(item, 'utf8')).toContain(`Exec="${program}" --hidden`));
  await tunnels('settings', 'startAtLogin', 'false');
  await vi.waitFor(() => expect(readFile(item)).rejects.toMatchObject({ code: 'ENOENT' }));
});

test('its item is in the tray; it quits and leaves no process, and purged it leaves no file', async () => {
  expect(tray.items().map(({ pid }) => pid)).toEqual([app.pid]);
  await tunnels('remove', '--all');
  await expect(readFile(user.world.env.KUBECONFIG ?? '')).rejects.toMatchObject({ code: 'ENOENT' });
  await tunnels('quit');
  await app.ended;
  await vi.waitFor(async () =>
    expect((await commandsOf()).filter((line) => line.includes(folder))).toEqual([]),
  );
  await execa('dpkg', ['--purge', 'k8s-tunnels']);
  const left = added().filter((file) => !others.includes(file));
  expect(left.filter((file) => file.includes('k8s-tunnels'))).toEqual([]);
  expect(await readdir('/opt')).not.toContain('k8s-tunnels');
  await expect(stat('/etc/apparmor.d/k8s-tunnels')).rejects.toMatchObject({ code: 'ENOENT' });
});

/** Runs what dpkg runs after it has unpacked the package. */
async function configure(env: Readonly<Record<string, string>> = {}): Promise<void> {
  await execa('/var/lib/dpkg/info/k8s-tunnels.postinst', ['configure'], { env });
}

/** The command lines of what the user runs. */
async function commandsOf(): Promise<readonly string[]> {
  return (await user.processes()).map(({ command }) => command);
}

/** Resolves when the page's process has a filter for system calls, which the kernel calls mode 2. */
async function isSandboxed(pid: number): Promise<void> {
  await vi.waitFor(async () => {
    const all = await user.processes();
    expect(all.map((one) => one.pid)).toContain(pid);
    const pages = all.filter(({ command }) => command.includes('--type=renderer'));
    expect(pages.map(({ seccomp }) => seccomp)).toEqual(['2']);
  });
}
