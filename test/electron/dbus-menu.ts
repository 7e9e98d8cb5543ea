import { type MessageBus, Variant } from 'dbus-native';
import type { ItemView } from '../desktop/double/control.ts';
import type { ItemAddress } from './status-notifier-watcher.ts';

/** An item of a menu on the bus. */
export interface MenuItem extends ItemView {
  readonly id: number;
  readonly items: readonly MenuItem[];
}

type Layout = readonly [
  id: number,
  properties: {
    readonly label?: string;
    readonly type?: string;
    readonly enabled?: boolean;
    readonly 'toggle-type'?: string;
    readonly 'toggle-state'?: number;
  },
  children: readonly Layout[],
];

/** Where a menu's properties have their defaults from: com.canonical.dbusmenu, as libdbusmenu documents it. */
function itemOf([id, properties, children]: Layout): MenuItem {
  const { label = '', type = 'standard', enabled = true } = properties;
  const toggle = properties['toggle-type'];
  return {
    id,
    // A single underscore marks a key.
    label: label.replace(/_(_?)/g, '$1'),
    type: toggle === 'checkmark' ? 'checkbox' : (toggle ?? type),
    enabled,
    checked: properties['toggle-state'] === 1,
    items: children.map(itemOf),
  };
}

/** The menu as it is now. */
export async function readMenu(bus: MessageBus, at: ItemAddress): Promise<readonly MenuItem[]> {
  const [, layout] = await invoke<readonly [revision: number, Layout]>(bus, at, 'GetLayout', 'iias', [
    0,
    -1,
    [],
  ]);
  return itemOf(layout).items;
}

/** As when a person has clicked it. Rejects when the menu has changed, and it with it. */
export async function clickItem(bus: MessageBus, at: ItemAddress, id: number): Promise<void> {
  await invoke(bus, at, 'Event', 'isvu', [id, 'clicked', new Variant('s', ''), 0]);
}

async function invoke<T>(
  bus: MessageBus,
  { service, path }: ItemAddress,
  member: string,
  signature: string,
  body: unknown[],
): Promise<T> {
  return await bus.invoke<T>({
    destination: service,
    path,
    interface: 'com.canonical.dbusmenu',
    member,
    signature,
    body,
  });
}
