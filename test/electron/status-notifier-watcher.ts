import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { defineInterface, type MessageBus } from 'dbus-native';

const watcher = 'org.kde.StatusNotifierWatcher';

/** Where on the bus a program's item in the tray is. */
export interface ItemAddress {
  readonly service: string;
  readonly path: string;
}

/** An item in the tray, with the process that put it there. */
export interface TrayItem extends ItemAddress {
  readonly pid: number;
}

/** An item as its program describes it. */
export interface StatusItem {
  readonly title: string;
  readonly status: string;
  /** A PNG's bytes, or raw pixels. */
  readonly icon: Buffer;
  readonly menu: ItemAddress;
}

/** The tray of a session. */
export interface StatusNotifierWatcher {
  /** The items of the programs that run. */
  items(): readonly TrayItem[];
}

/**
 * Is the tray of the bus's session: programs put their items into it. Rejects where it has one.
 * https://www.freedesktop.org/wiki/Specifications/StatusNotifierItem/StatusNotifierWatcher/
 */
export async function serveStatusNotifierWatcher(bus: MessageBus): Promise<StatusNotifierWatcher> {
  let items: readonly TrayItem[] = [];
  const names = () => items.map(({ service, path: at }) => `${service}${at}`);
  const definition = defineInterface({
    name: watcher,
    methods: {
      RegisterStatusNotifierItem: {
        in: { service: 's' },
        async handler({ service }: { readonly service: string }, { sender = '' }) {
          const pid = await processOf(bus, sender);
          // Some programs give the path, Chromium its name on the bus.
          const path = service.startsWith('/') ? service : '/StatusNotifierItem';
          // Some tell it twice.
          if (items.some((one) => one.service === sender && one.path === path)) return;
          items = [...items, { service: sender, path, pid }];
          definition.emit.StatusNotifierItemRegistered?.(`${sender}${path}`);
        },
      },
      RegisterStatusNotifierHost: { in: { service: 's' }, handler() {} },
    },
    properties: {
      RegisteredStatusNotifierItems: { type: 'as', access: 'read', get: names },
      IsStatusNotifierHostRegistered: { type: 'b', access: 'read', value: true },
      ProtocolVersion: { type: 'i', access: 'read', value: 0 },
    },
    signals: {
      StatusNotifierItemRegistered: { args: { service: 's' } },
      StatusNotifierItemUnregistered: { args: { service: 's' } },
      StatusNotifierHostRegistered: {},
    },
  });
  await bus.export('/StatusNotifierWatcher', definition);
  const driver = ['/org/freedesktop/DBus', 'org.freedesktop.DBus', 'NameOwnerChanged'] as const;
  await bus.watch(`type='signal',path='${driver[0]}',interface='${driver[1]}',member='${driver[2]}'`);
  bus.signals.on(bus.mangle(...driver), ([name, , owner]: readonly string[]) => {
    if (owner !== '') return;
    for (const gone of items.filter(({ service }) => service === name))
      definition.emit.StatusNotifierItemUnregistered?.(`${gone.service}${gone.path}`);
    items = items.filter(({ service }) => service !== name);
  });
  const { isPrimaryOwner } = await bus.ownName(watcher);
  if (!isPrimaryOwner) throw new Error('the session has a tray already');
  return { items: () => items };
}

async function processOf(bus: MessageBus, name: string): Promise<number> {
  return await bus.invoke<number>({
    destination: 'org.freedesktop.DBus',
    path: '/org/freedesktop/DBus',
    interface: 'org.freedesktop.DBus',
    member: 'GetConnectionUnixProcessID',
    signature: 's',
    body: [name],
  });
}

/** As with the mouse's first button. Rejects where the item has no such call. */
export async function clickIcon(bus: MessageBus, { service, path }: ItemAddress): Promise<void> {
  await bus.invoke({
    destination: service,
    path,
    interface: 'org.kde.StatusNotifierItem',
    member: 'Activate',
    signature: 'ii',
    body: [0, 0],
  });
}

/** Rejects when its program has ended. */
export async function readStatusItem(bus: MessageBus, at: ItemAddress): Promise<StatusItem> {
  const { service } = at;
  const all = await bus.invoke<{
    readonly Title?: string;
    readonly Status?: string;
    readonly IconName?: string;
    readonly IconThemePath?: string;
    readonly IconPixmap?: readonly (readonly [width: number, height: number, argb: Buffer])[];
    readonly Menu: string;
  }>({
    destination: service,
    path: at.path,
    interface: 'org.freedesktop.DBus.Properties',
    member: 'GetAll',
    signature: 's',
    body: ['org.kde.StatusNotifierItem'],
  });
  const { Title = '', Status = '', IconName = '', IconThemePath = '', IconPixmap = [], Menu } = all;
  const file = path.resolve(IconThemePath, path.extname(IconName) === '' ? `${IconName}.png` : IconName);
  return {
    title: Title,
    status: Status,
    icon: IconName === '' ? (IconPixmap[0]?.[2] ?? Buffer.alloc(0)) : await readFile(file),
    menu: { service, path: Menu },
  };
}
