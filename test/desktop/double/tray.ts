import { existsSync } from 'node:fs';
import type { Rectangle } from './screen.ts';
import { onlyKnown, StrictEmitter } from './strict.ts';

export interface Template {
  readonly type?: string;
  readonly label?: string;
  readonly enabled?: boolean;
  readonly checked?: boolean;
  readonly submenu?: readonly Template[];
  readonly click?: () => void;
}

const types = ['normal', 'separator', 'checkbox', 'radio', 'submenu'];

function check(template: readonly Template[]): void {
  for (const item of template) {
    onlyKnown(item, ['type', 'label', 'enabled', 'checked', 'submenu', 'click'], 'a menu item');
    if (item.type !== undefined && !types.includes(item.type))
      throw new Error(`there is no item of type ${item.type}`);
    if (item.type !== 'separator' && (item.label ?? '') === '') throw new Error('a menu item has no label');
    check(item.submenu ?? []);
  }
}

/** A menu keeps its template; the test reads and clicks it. */
export class Menu extends StrictEmitter {
  readonly template: readonly Template[];

  private constructor(template: readonly Template[]) {
    super(['menu-will-show', 'menu-will-close']);
    this.template = template;
  }

  static buildFromTemplate(template: readonly Template[]): Menu {
    check(template);
    return new Menu(template);
  }
}

interface Image {
  readonly file: string;
  setTemplateImage(on: boolean): void;
}

export const nativeImage = {
  createFromPath(file: string): Image {
    if (!existsSync(file)) throw new Error(`there is no picture ${file}`);
    return { file, setTemplateImage() {} };
  },
};

class NativeTheme extends StrictEmitter {
  shouldUseDarkColors = false;

  constructor() {
    super(['updated']);
  }
}
export const nativeTheme = new NativeTheme();

/** The one tray icon, once there is one. */
export const shown: { tray: Tray | undefined } = { tray: undefined };

export class Tray extends StrictEmitter {
  menu: Menu | undefined;
  toolTip = '';

  image: Image;

  constructor(image: Image) {
    super(['click']);
    if (shown.tray !== undefined) throw new Error('there is a tray icon already');
    this.image = image;
    shown.tray = this;
  }

  setImage(image: Image): void {
    this.image = image;
  }

  /** Linux tells no place. */
  getBounds(): Rectangle {
    return { x: 0, y: 0, width: 0, height: 0 };
  }

  setToolTip(text: string): void {
    this.toolTip = text;
  }

  setContextMenu(menu: Menu): void {
    this.menu = menu;
  }
}

interface Content {
  readonly title: string;
  readonly body: string;
  readonly actions: readonly { readonly type: 'button'; readonly text: string }[];
}

/** What was shown to the person. */
export const notifications: Notification[] = [];

export class Notification extends StrictEmitter {
  readonly content: Content;

  static isSupported(): boolean {
    return true;
  }

  constructor(content: Content) {
    super(['click', 'action', 'close']);
    onlyKnown(content, ['title', 'body', 'actions'], 'Notification');
    this.content = content;
  }

  show(): void {
    notifications.push(this);
  }
}
