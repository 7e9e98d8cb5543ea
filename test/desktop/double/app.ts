import path from 'node:path';
import { disconnectBrowser } from './browser.ts';
import { takeInstanceLock } from './instance-lock.ts';
import { preventable, StrictEmitter } from './strict.ts';
import { closeAllWindows } from './windows.ts';

const userData = process.env.ELECTRON_DOUBLE_USER_DATA ?? '';
if (!path.isAbsolute(userData)) throw new Error('ELECTRON_DOUBLE_USER_DATA must be an absolute path');

class App extends StrictEmitter {
  readonly isPackaged = false;
  #ready = false;
  #quitting = false;
  readonly #whenReady = Promise.withResolvers<void>();

  constructor() {
    super(['before-quit', 'will-quit', 'second-instance', 'open-url', 'activate', 'window-all-closed']);
    // Electron holds `ready` back until the entry module has been evaluated: a top-level await of it hangs, as here.
    setImmediate(() => {
      this.#ready = true;
      this.#whenReady.resolve();
    });
  }

  isReady(): boolean {
    return this.#ready;
  }

  whenReady(): Promise<void> {
    return this.#whenReady.promise;
  }

  getVersion(): string {
    return '0.0.0';
  }

  getPath(name: string): string {
    if (name === 'userData') return userData;
    if (name === 'home') return process.env.HOME ?? '';
    throw new Error(`the double of app knows no path ${name}`);
  }

  enableSandbox(): void {
    if (this.#ready) throw new Error('app.enableSandbox() can only be called before app is ready');
  }

  setAsDefaultProtocolClient(): never {
    throw new Error('only an installed app takes links');
  }

  requestSingleInstanceLock(): boolean {
    return takeInstanceLock(userData, (argv) => this.emit('second-instance', {}, argv, '/', undefined));
  }

  quit(): void {
    if (this.#quitting) return;
    const { event, isPrevented } = preventable();
    this.emit('before-quit', event);
    if (isPrevented() || !closeAllWindows()) return;
    this.#quitting = true;
    this.emit('will-quit', preventable().event);
    this.exit(0);
  }

  exit(code: number): void {
    void disconnectBrowser().finally(() => process.exit(code));
  }
}

export const app = new App();
