import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type MessageBus, sessionBus } from 'dbus-native';
import { afterAll, afterEach, beforeAll, beforeEach, vi } from 'vitest';
import { pathsFrom } from '../../main/agent/paths.ts';
import { type CommandLine, createCommandLine } from '../world/demo/command-line.ts';
import type { Plan } from '../world/plan.ts';
import { startWorld, type World } from '../world/world.ts';
import { type NotificationServer, serveNotifications } from './notification-server.ts';
import { type RealDriver, startReal } from './real-driver.ts';
import {
  type StatusNotifierWatcher,
  serveStatusNotifierWatcher,
  type TrayItem,
} from './status-notifier-watcher.ts';

const {
  K8S_TUNNELS_ELECTRON_BINARY: executable = '',
  K8S_TUNNELS_ELECTRON_APP: app = '',
  K8S_TUNNELS_ELECTRON_FLAGS: sandbox = '',
} = process.env;

/** Chromium's own. */
const flags = ['--disable-gpu', '--disable-dev-shm-usage', ...sandbox.split(' ').filter(Boolean)];

/** The app in a real Electron, started on a world and a session of its own. */
export interface RealDesktop {
  readonly world: World;
  readonly commandLine: CommandLine;
  /** The app that was started last. */
  readonly driver: RealDriver;
  readonly notifications: NotificationServer;
  readonly items: () => readonly TrayItem[];
  /** Starts the app again, for the same user where `env` names no other. Resolves when its item is in the tray. */
  start(more?: Start): Promise<RealDriver>;
}

interface Start {
  readonly flags?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** One for each test, or one for all tests of the group that asks for it. */
export function realDesktop(
  options: Start & {
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
  let drivers: readonly RealDriver[] = [];
  const itemOf = (driver: RealDriver) => tray.items().find(({ pid }) => pid === driver.pid);

  const start = async (commandLine: CommandLine, more: Start): Promise<RealDriver> => {
    const { DISPLAY = '', XAUTHORITY = '', DBUS_SESSION_BUS_ADDRESS = '' } = process.env;
    const env = {
      ...commandLine.env,
      ...{ DISPLAY, XAUTHORITY, DBUS_SESSION_BUS_ADDRESS },
      // As from a terminal: the login shell of whoever runs the tests is not asked.
      TERM: 'dumb',
      ...options.env,
      ...more.env,
    };
    await placeWindow(env);
    const driver = await startReal({
      executable,
      app,
      flags: [...flags, ...(more.flags ?? [])],
      env,
      bus,
      items: tray.items,
    });
    drivers = [...drivers, driver];
    await vi.waitFor(
      () => {
        if (itemOf(driver) === undefined) throw new Error('it has no item in the tray');
      },
      { timeout: 30_000 },
    );
    return driver;
  };

  beforeAll(async () => {
    bus = sessionBus();
    [tray, notifications] = await Promise.all([serveStatusNotifierWatcher(bus), serveNotifications(bus)]);
  });
  afterAll(() => bus.close());
  begin(async () => {
    const { plan } = options;
    const world = await startWorld(plan === undefined ? {} : { plan });
    const commandLine = await createCommandLine(world, await options.prepare?.(world));
    const share = { world, commandLine, notifications, items: tray.items };
    desktop = {
      ...share,
      driver: await start(commandLine, {}),
      async start(more = {}) {
        const driver = await start(commandLine, more);
        desktop = { ...desktop, driver };
        return driver;
      },
    };
  });
  end(async () => {
    const { commandLine, world } = desktop;
    for (const driver of drivers) await driver.kill();
    drivers = [];
    // What comes next must not find its item.
    await vi.waitFor(() => {
      if (tray.items().length > 0) throw new Error('its item is still in the tray');
    });
    await commandLine.stop();
    await world.close();
  });
  return () => desktop;
}

/**
 * Puts the window into a corner. In the middle of the screen the pointer would rest on its list, below which rows that
 * are found later appear.
 */
async function placeWindow(env: Readonly<Record<string, string>>): Promise<void> {
  const { state } = pathsFrom(env);
  await mkdir(state, { recursive: true, mode: 0o700 });
  const position = { version: 1, data: { x: 0, y: 0, width: 440, height: 680 } };
  await writeFile(path.join(state, 'window.json'), JSON.stringify(position));
}
