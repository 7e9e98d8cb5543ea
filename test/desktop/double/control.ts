import path from 'node:path';
import { app } from './app.ts';
import { asked } from './dialog.ts';
import type { Rectangle } from './screen.ts';
import { isGranted } from './session.ts';
import { opened } from './shell.ts';
import { preventable } from './strict.ts';
import { notifications, shown, type Template } from './tray.ts';
import { windows } from './windows.ts';

/** A menu as the test sees it. */
export interface ItemView {
  readonly label: string;
  readonly type: string;
  readonly enabled: boolean;
  readonly checked: boolean;
  readonly items: readonly ItemView[];
}

/** What a test can ask of the running double, over the child process's channel. */
const answers = {
  menu: () => (shown.tray?.menu?.template ?? []).map(viewOf),
  click(path: readonly string[]) {
    const item = find(shown.tray?.menu?.template ?? [], path);
    if (item.enabled === false || item.click === undefined)
      throw new Error(`${path.join(' > ')} cannot be clicked`);
    item.click();
  },
  /** The file's name. */
  picture: () => path.basename(shown.tray?.image.file ?? ''),
  /** The person opens the menu, or closes it. */
  menuEvent: (event: 'menu-will-show' | 'menu-will-close') => void shown.tray?.menu?.emit(event),
  /** As macOS hands over a link; whether the app took it. */
  openUrl(url: string) {
    const { event, isPrevented } = preventable();
    app.emit('open-url', event, url);
    return isPrevented();
  },
  clickTray: () => void shown.tray?.emit('click'),
  closeWindow: () => [...windows].map((window) => window.close()),
  isWindowVisible: () => [...windows].some((window) => window.isVisible()),
  windowBounds: () => [...windows].map((window) => window.getNormalBounds()),
  dragWindow(to: Rectangle) {
    for (const window of windows) window.drag(to);
  },
  webPreferences: () => [...windows].map(({ options }) => options.webPreferences),
  /** Whether the app stops what a page begins: `will-navigate`, `will-attach-webview`. */
  isPrevented(name: 'will-navigate' | 'will-attach-webview') {
    const { event, isPrevented } = preventable();
    for (const { webContents } of windows) webContents.emit(name, event, 'https://attacker.example/');
    return isPrevented();
  },
  notifications: () => notifications.map(({ content }) => content),
  /** The person clicks the last one, or one of its buttons. */
  clickNotification(button?: string) {
    const shown = notifications.at(-1);
    if (shown === undefined) throw new Error('there is no notification');
    if (button === undefined) return void shown.emit('click');
    const actionIndex = shown.content.actions.findIndex(({ text }) => text === button);
    if (actionIndex < 0) throw new Error(`there is no button ${button}`);
    shown.emit('action', { actionIndex, selectionIndex: -1 }, actionIndex);
  },
  opened: () => opened,
  asked: () => asked.map(({ box }) => box),
  answer(response: number) {
    const next = asked.shift();
    if (next === undefined) throw new Error('nothing was asked');
    next.answer(response);
  },
  isGranted: ([permission, url]: readonly [string, string]) => isGranted(permission, url),
} as const;

export type Answers = typeof answers;

export function answerTests(): void {
  process.on('message', ({ id, name, input }: { id: number; name: keyof Answers; input: never }) => {
    try {
      process.send?.({ id, value: answers[name](input) });
    } catch (error) {
      process.send?.({ id, error: String(error) });
    }
  });
}

function viewOf({ label = '', type, enabled = true, checked = false, submenu }: Template): ItemView {
  const kind = type ?? (submenu === undefined ? 'normal' : 'submenu');
  return { label, type: kind, enabled, checked, items: (submenu ?? []).map(viewOf) };
}

/** The item at a path of labels, each given by its beginning. */
function find(template: readonly Template[], [first = '', ...rest]: readonly string[]): Template {
  const item = template.find(({ label }) => label?.startsWith(first));
  if (item === undefined) {
    throw new Error(`there is no item ${first} among ${template.map(({ label }) => label).join(', ')}`);
  }
  return rest.length === 0 ? item : find(item.submenu ?? [], rest);
}
