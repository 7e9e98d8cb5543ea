import { EventEmitter } from 'node:events';

/** Main's end: any channel may be listened to, but one that nobody hears is told. */
class IpcMain extends EventEmitter {
  /** A message of a page. */
  deliver(channel: string, event: unknown, args: readonly unknown[]): void {
    if (!this.emit(channel, event, ...args)) throw new Error(`nothing in main listens to ${channel}`);
  }
}

export const ipcMain = new IpcMain();
