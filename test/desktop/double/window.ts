import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { app } from './app.ts';
import { openPage } from './browser.ts';
import { ipcMain } from './ipc.ts';
import { preloadScript } from './preload-script.ts';
import { routeSchemes, toApp, toWeb } from './protocol.ts';
import type { Rectangle } from './screen.ts';
import { onlyKnown, preventable, StrictEmitter } from './strict.ts';
import { WebContents } from './web-contents.ts';
import { type OpenWindow, windows } from './windows.ts';

interface Options extends Partial<Rectangle> {
  readonly show: boolean;
  readonly webPreferences: {
    readonly preload: string;
    readonly contextIsolation: boolean;
    readonly sandbox: boolean;
    readonly nodeIntegration: boolean;
    readonly webviewTag: boolean;
  };
}

const knownOptions = [
  ...['x', 'y', 'width', 'height', 'minWidth', 'minHeight', 'show', 'title', 'icon'],
  ...['autoHideMenuBar', 'fullscreenable', 'webPreferences'],
];
const knownPreferences = [
  'preload',
  'contextIsolation',
  'sandbox',
  'nodeIntegration',
  'webviewTag',
  'spellcheck',
];

/** A window as a page. What a person would see of it is the page; whether it is shown, a flag. */
export class BrowserWindow extends StrictEmitter implements OpenWindow {
  readonly webContents: WebContents;
  readonly options: Options;
  readonly #preload: string;
  #page: Promise<Page>;
  #url = '';
  #visible: boolean;
  #bounds: Rectangle;
  #destroyed = false;

  constructor(options: Options) {
    super(['ready-to-show', 'close', 'closed', 'show', 'hide', 'move', 'resize']);
    onlyKnown(options, knownOptions, 'BrowserWindow');
    onlyKnown(options.webPreferences, knownPreferences, 'webPreferences');
    const { contextIsolation, sandbox, nodeIntegration, webviewTag, preload } = options.webPreferences;
    if (!contextIsolation || !sandbox || nodeIntegration !== false || webviewTag !== false)
      throw new Error('insecure webPreferences');
    if (!app.isReady()) throw new Error('Cannot create BrowserWindow before app is ready');
    this.options = options;
    const { x = 420, y = 60, width = 800, height = 600 } = options;
    this.#bounds = { x, y, width, height };
    this.#visible = options.show;
    this.#preload = preload;
    this.webContents = new WebContents({ page: () => this.#page, reload: () => this.#reload() });
    this.#page = this.#open();
    windows.add(this);
  }

  async #open(): Promise<Page> {
    const page = await openPage();
    await page.exposeBinding(
      '__electronIpc',
      ({ frame }, { channel, args }: { channel: string; args: unknown[] }) => {
        const senderFrame = { url: toApp(frame.url()), parent: frame.parentFrame() };
        ipcMain.deliver(channel, { sender: this.webContents, senderFrame }, args);
      },
    );
    await routeSchemes(page);
    await page.addInitScript(preloadScript(readFileSync(this.#preload, 'utf8')));
    await this.webContents.guard(page);
    page.on('crash', () => {
      // What is loaded again is where the page was, not where it was sent.
      this.#url = toApp(page.url());
      // Playwright gives up a page that crashed; Electron's window lives on and gets a new process.
      void page.close();
      this.#page = this.#open();
      this.webContents.crash();
    });
    page.on('popup', (popup) => void popup.close());
    return page;
  }

  async #reload(): Promise<void> {
    const page = await this.#page;
    await page.goto(toWeb(this.#url));
  }

  async loadURL(url: string): Promise<void> {
    this.#url = url;
    const page = await this.#page;
    const before = page.url();
    const answer = await page.goto(toWeb(url));
    // Another fragment of the page that stands is no load.
    if (answer === null && before !== 'about:blank') return;
    if (answer?.ok() !== true) throw new Error(`ERR_FAILED loading '${url}'`);
    this.emit('ready-to-show');
  }

  /** As a person drags it. */
  drag(to: Rectangle): void {
    const { width, height } = this.#bounds;
    this.#bounds = to;
    this.emit('move');
    if (width !== to.width || height !== to.height) this.emit('resize');
  }

  getNormalBounds(): Rectangle {
    return this.#bounds;
  }

  show(): void {
    this.#visible = true;
    this.emit('show');
  }

  hide(): void {
    this.#visible = false;
    this.emit('hide');
  }

  focus(): void {}

  restore(): void {}

  isMinimized(): boolean {
    return false;
  }

  isVisible(): boolean {
    return this.#visible;
  }

  isDestroyed(): boolean {
    return this.#destroyed;
  }

  isFocused(): boolean {
    return this.#visible;
  }

  close(): boolean {
    const { event, isPrevented } = preventable();
    this.emit('close', event);
    if (!isPrevented()) this.destroy();
    return !isPrevented();
  }

  destroy(): void {
    if (this.#destroyed) return;
    this.#destroyed = true;
    windows.delete(this);
    void this.#page.then((page) => page.close()).catch(() => {});
    this.webContents.end();
    this.emit('closed');
    if (windows.size === 0 && !app.emit('window-all-closed')) app.quit();
  }
}
