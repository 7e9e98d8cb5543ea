import { type RefObject, useRef } from 'react';
import { Menu, MenuItem, Popover } from 'react-aria-components';
import type { ClusterId } from '../../main/model/cluster.ts';
import { useActions, useAgent } from '../agent/page.tsx';
import { copyLink } from '../links/copy-link.ts';
import { clustersText } from './text.ts';
import { type RowState, useRow } from './use-row.ts';

/** Where the menu of a cluster is open. */
export interface OpenMenu {
  readonly id: ClusterId;
  /** px from the window's corner. */
  readonly x: number;
  readonly y: number;
}

type MenuAction = keyof typeof clustersText.menu;

/** The keys that do the same in the list. */
const keys: Partial<Record<MenuAction, string>> = {
  open: 'Enter',
  connect: 'Space',
  disconnect: 'Space',
  star: '*',
  unstar: '*',
  up: 'Alt+Up',
  down: 'Alt+Down',
};

/** The actions of one cluster, as a menu at a point. */
export function ClusterMenu({
  menu: { id, x, y },
  position,
  onOpen,
  onMove,
  onClose,
}: {
  readonly menu: OpenMenu;
  /** Its position among the favourites that can be moved, and their number. */
  readonly position: { readonly at: number; readonly of: number } | undefined;
  readonly onOpen: (id: ClusterId) => void;
  /** Moves the favourite up or down. */
  readonly onMove: (by: -1 | 1) => void;
  readonly onClose: () => void;
}) {
  const anchor = useRef<HTMLSpanElement>(null);
  const row = useRow(id);
  const hasContext = useAgent(({ open, kept }) => open.has(id) || kept.includes(id));
  const actions = useActions();
  if (row === undefined) return null;
  const { cluster, view, isFavourite } = row;
  const perform: Record<MenuAction, () => unknown> = {
    open: () => onOpen(id),
    retry: () => actions.tryNow(id),
    connect: () => actions.connect(id),
    disconnect: () => actions.disconnect(id),
    setCurrent: () => actions.setCurrent(id),
    copyCommand: () => actions.copyCommand(cluster).catch(() => {}),
    terminal: () => actions.openTerminal(id),
    star: () => actions.star(id, true),
    unstar: () => actions.star(id, false),
    up: () => onMove(-1),
    down: () => onMove(1),
    copyLink: () => copyLink({ name: cluster.title, clusters: [id] }).then(actions.showDone, () => {}),
  };
  const shown: readonly MenuAction[] = [
    'open',
    ...(view.waits === true ? (['retry'] as const) : []),
    view.isOn ? 'disconnect' : 'connect',
    'setCurrent',
    'copyCommand',
    'terminal',
    isFavourite ? 'unstar' : 'star',
    ...(position === undefined ? [] : (['up', 'down'] as const)),
    'copyLink',
  ];
  const disabled = disabledOf(row, { hasContext, position });
  return (
    <>
      <span ref={anchor} className="menu-anchor" style={{ left: x, top: y }} />
      <Popover
        className="popover"
        isOpen
        trigger="MenuTrigger"
        triggerRef={anchor as RefObject<Element | null>}
        placement="bottom start"
        offset={0}
        aria-label={clustersText.row.actions(cluster.title)}
        onOpenChange={(isOpen) => {
          if (!isOpen) onClose();
        }}
      >
        <Menu
          className="menu cluster-menu"
          aria-label={clustersText.row.actions(cluster.title)}
          autoFocus="first"
          disabledKeys={disabled}
          onContextMenu={(event) => event.preventDefault()}
          onAction={(key) => void perform[key as MenuAction]()}
          onClose={onClose}
        >
          {shown.map((action) => (
            <MenuItem key={action} id={action} textValue={clustersText.menu[action]}>
              <span>{clustersText.menu[action]}</span>
              {keys[action] !== undefined && <small aria-hidden>{keys[action]}</small>}
            </MenuItem>
          ))}
        </Menu>
      </Popover>
    </>
  );
}

function disabledOf(
  { cluster, view, canBecomeCurrent }: RowState,
  {
    hasContext,
    position,
  }: {
    readonly hasContext: boolean;
    readonly position: { readonly at: number; readonly of: number } | undefined;
  },
): readonly MenuAction[] {
  const isUnreachable = cluster.reach.kind === 'none';
  const all: readonly (readonly [MenuAction, boolean])[] = [
    ['connect', isUnreachable],
    ['terminal', isUnreachable],
    ['setCurrent', !canBecomeCurrent],
    ['copyCommand', !hasContext],
    ['up', position?.at === 0],
    ['down', position !== undefined && position.at === position.of - 1],
  ];
  return all.flatMap(([action, isDisabled]) =>
    isDisabled && !(action === 'connect' && view.isOn) ? action : [],
  );
}
