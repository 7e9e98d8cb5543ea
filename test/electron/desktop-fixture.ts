import path from 'node:path';
import { type MessageBus, sessionBus } from 'dbus-native';
import { afterAll, afterEach, beforeAll, beforeEach, vi } from 'vitest';
import { type CommandLine, createCommandLine } from '../world/demo/command-line.ts';
import type { Plan } from '../world/plan.ts';
import { startWorld, type World } from '../world/world.ts';
import { type NotificationServer, serveNotifications } from './notification-server.ts';
import { type RealDriver, startReal } from './real-driver.ts';
import {
  type ItemAddress,
  type StatusNotifierWatcher,
  serveStatusNotifierWatcher,
} from './status-notifier-watcher.ts';

const root = path.resolve(import.meta.dirname, '..', '..');
const { K8S_TUNNELS_ELECTRON_BINARY: executable = '', K8S_TUNNELS_ELECTRON_APP: bundled } = process.env;

/** Whether it is one that the agent runs beside. */
export const isOlder = bundled !== undefined;

/** The app in a real Electron, started on a world and a session of its own. */
export interface RealDesktop {
  readonly world: World;
  readonly commandLine: CommandLine;
  readonly driver: RealDriver;
  readonly notifications: NotificationServer;
  readonly items: () => readonly ItemAddress[];
}

/** One for each test, or one for all tests of the group that asks for it. */
export function realDesktop(
  options: {
    readonly lasts?: 'test' | 'group';
    readonly plan?: Plan;
    /** Before anything runs in the world; answers what is more in its environment. */
    readonly prepare?: (world: World) => Promise<Readonly<Record<string, string>>>;
  } = {},
): () => RealDesktop {
  const [begin, end] = options.lasts === 'group' ? [beforeAll, afterAll] : [beforeEach, afterEach];
  let bus: MessageBus;
  let tray: StatusNotifierWatcher;
  let notifications: NotificationServer;
  let desktop: RealDesktop;
  beforeAll(async () => {
    bus = sessionBus();
    [tray, notifications] = await Promise.all([serveStatusNotifierWatcher(bus), serveNotifications(bus)]);
  });
  afterAll(() => bus.close());
  begin(async () => {
    const { plan } = options;
    const world = await startWorld(plan === undefined ? {} : { plan });
    const commandLine = await createCommandLine(world, await options.prepare?.(world));
    // Its Node is too old for the agent: one runs beside it.
    if (isOlder) await commandLine.tunnels('status');
    const { DISPLAY = '', XAUTHORITY = '', DBUS_SESSION_BUS_ADDRESS = '' } = process.env;
    const driver = await startReal({
      executable,
      app: bundled ?? root,
      // In containers there is no sandbox: the older one is told so, the current one runs as it is delivered.
      flags: ['--disable-gpu', '--disable-dev-shm-usage', ...(isOlder ? ['--no-sandbox'] : [])],
      env: {
        ...commandLine.env,
        ...{ DISPLAY, XAUTHORITY, DBUS_SESSION_BUS_ADDRESS },
        // As from a terminal: the login shell of whoever runs the tests is not asked.
        TERM: 'dumb',
        K8S_TUNNELS_RESOURCES: path.join(root, 'resources'),
        ...(bundled === undefined ? {} : { LD_LIBRARY_PATH: path.join(bundled, 'lib') }),
      },
      bus,
      items: tray.items,
    });
    desktop = { world, commandLine, driver, notifications, items: tray.items };
    // libappindicator may lose a tray that it has found while its menu changes, and looks for one that comes.
    await vi.waitFor(
      async () => {
        if (tray.items().length > 0) return;
        await tray.comeBack();
        throw new Error('it has no item in the tray');
      },
      { timeout: 30_000, interval: 2_000 },
    );
  });
  end(async () => {
    const { driver, commandLine, world } = desktop;
    await driver.kill();
    // What comes next must not find its item.
    await vi.waitFor(() => {
      if (tray.items().length > 0) throw new Error('its item is still in the tray');
    });
    await commandLine.stop();
    await world.close();
  });
  return () => desktop;
}
