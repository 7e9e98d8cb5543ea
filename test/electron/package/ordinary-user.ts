import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, copyFile, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type MessageBus, sessionBus } from 'dbus-native';
import { execa, type Result } from 'execa';
import { vi } from 'vitest';
import type { Plan } from '../../world/plan.ts';
import { startWorld, type World } from '../../world/world.ts';
import { type CdpPage, cdpPage } from './cdp-page.ts';

const root = path.resolve(import.meta.dirname, '..', '..', '..');

/** An account without rights, with a display, a session bus and a world of its own. */
export interface OrdinaryUser {
  readonly uid: number;
  readonly world: World;
  readonly bus: MessageBus;
  /** Runs a program as the user. Never rejects because of its exit code. */
  run(program: string, ...args: readonly string[]): Promise<Result>;
  /** What runs as the user, with the kernel's number for its seccomp filter. */
  processes(): Promise<
    readonly { readonly pid: number; readonly command: string; readonly seccomp: string }[]
  >;
  /** Starts the app as the user, and resolves when it has a window. Where the
   * environment has APPIMAGE, APPDIR is its folder. */
  startApp(program: string, ...args: readonly string[]): Promise<PackedApp>;
  close(): Promise<void>;
}

/** A packed app that runs. */
export interface PackedApp {
  readonly pid: number;
  readonly page: CdpPage;
  /** What it has written to stderr. */
  log(): string;
  /** Resolves with its exit code. */
  readonly ended: Promise<number | null>;
}

/** As the system's own, and root may look at it. https://dbus.freedesktop.org/doc/dbus-daemon.1.html */
const sessionBusConfig = `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
  "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:tmpdir=/tmp</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow user="*"/>
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
`;

/** Creates the account, which the system must not have. */
export async function ordinaryUser(options: {
  readonly name: string;
  readonly plan: Plan;
  /** What is more in the environment of the user's programs. */
  readonly env?: Readonly<Record<string, string>>;
}): Promise<OrdinaryUser> {
  const { name } = options;
  await execa('useradd', ['--create-home', '--shell', '/bin/sh', name]);
  const id = async (flag: string) => Number((await execa('id', [flag, name])).stdout);
  const [uid, gid] = [await id('-u'), await id('-g')];
  // The programs of the tests lie in this folder.
  for (let folder = root; folder !== '/'; folder = path.dirname(folder))
    await execa('chmod', ['a+x', folder]);
  const world = await startWorld({ plan: options.plan });
  const own = path.dirname(world.home);
  const { XAUTHORITY = '', DISPLAY = '', PATH = '' } = process.env;
  const cookie = path.join(own, 'xauthority');
  await copyFile(XAUTHORITY, cookie);
  await chmod(cookie, 0o600);
  await execa('chown', ['-R', `${uid}:${gid}`, own]);
  const setpriv = [`--reuid=${uid}`, `--regid=${gid}`, '--clear-groups', '--'];

  const busConfig = path.join(own, 'session-bus.conf');
  await writeFile(busConfig, sessionBusConfig);
  const daemon = spawn(
    'setpriv',
    [...setpriv, 'dbus-daemon', `--config-file=${busConfig}`, '--nofork', '--print-address=1'],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const [address] = (await once(daemon.stdout, 'data')) as [Buffer];
  const DBUS_SESSION_BUS_ADDRESS = address.toString().trim();
  const bus = sessionBus({ busAddress: DBUS_SESSION_BUS_ADDRESS });
  const env = {
    ...world.env,
    ...{ PATH, DISPLAY, XAUTHORITY: cookie, DBUS_SESSION_BUS_ADDRESS },
    ...{ TERM: 'dumb', LANG: 'C.UTF-8', USER: name },
    ...options.env,
  };
  const appDir = (program: string) =>
    options.env?.APPIMAGE === undefined ? {} : { APPDIR: path.dirname(program) };
  const children = new Set<ChildProcess>([daemon]);
  return {
    uid,
    world,
    bus,
    run: (program, ...args) =>
      execa('setpriv', [...setpriv, program, ...args], {
        ...{ env, extendEnv: false, cwd: world.home, reject: false, timeout: 60_000 },
      }) as unknown as Promise<Result>,
    async processes() {
      const pids = (await readdir('/proc')).map(Number).filter((pid) => pid > 0);
      const all = await Promise.all(
        pids.map(async (pid) => {
          const read = (file: string) => readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => '');
          const [status, command] = await Promise.all([read('status'), read('cmdline')]);
          if (Number(/^Uid:\s+(\d+)/m.exec(status)?.[1]) !== uid) return [];
          return [{ pid, command, seccomp: /^Seccomp:\s+(\d)/m.exec(status)?.[1] ?? '' }];
        }),
      );
      return all.flat();
    },
    async startApp(program, ...args) {
      const flags = ['--remote-debugging-port=0', '--enable-logging=stderr', '--disable-gpu'];
      const child = spawn('setpriv', [...setpriv, program, ...flags, ...args], {
        ...{ env: { ...env, ...appDir(program) }, cwd: world.home, stdio: ['ignore', 'ignore', 'pipe'] },
      });
      children.add(child);
      const ended = once(child, 'exit').then(([code]) => code as number | null);
      let said = '';
      child.stderr?.on('data', (text: Buffer) => {
        said += text.toString();
      });
      const port = await vi.waitFor(
        () => {
          const [, found] = /DevTools listening on ws:\/\/127\.0\.0\.1:(\d+)\//.exec(said) ?? [];
          if (found === undefined) throw new Error(`it does not listen: ${said.slice(-2_000)}`);
          return found;
        },
        { timeout: 30_000 },
      );
      const page = await cdpPage(port).catch((error: unknown) => {
        throw new Error(`${String(error)}; it said: ${said.slice(-2_000)}`);
      });
      return { pid: child.pid ?? 0, page, log: () => said, ended };
    },
    async close() {
      for (const child of children) child.kill('SIGKILL');
      await bus.close();
      await world.close();
    },
  };
}
