/** Gives Electron 9 the newer calls that the app makes, and lets the driver see the tray's menu. */
import electron from 'electron-real';
import { Readable } from 'node:stream';

interface AppResponse {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: Uint8Array | string;
}

// Node 12 knows neither; the app's handler reads and makes only this much of them.
Object.assign(globalThis, {
  Response: class implements AppResponse {
    readonly status: number;
    readonly headers: Record<string, string>;
    readonly body: Uint8Array | string;

    constructor(body: Uint8Array | string, init: { status?: number; headers?: Record<string, string> }) {
      this.body = body;
      this.status = init.status ?? 200;
      this.headers = init.headers ?? {};
    }
  },
});

const { registerStreamProtocol } = electron.protocol;
/** Electron 25's, over the older one. */
electron.protocol.handle = (scheme, handler) => {
  registerStreamProtocol.call(electron.protocol, scheme, async ({ url, method }, reply) => {
    const { status, headers, body } = await handler({ url, method });
    reply({ statusCode: status, headers, data: Readable.from([Buffer.from(body as string)]) });
  });
};

const { on } = electron.ipcMain;
/** Electron 13's `senderFrame`: here only the page's own address is known, so a frame inside it would pass as it. */
electron.ipcMain.on = (channel, listener) =>
  on.call(electron.ipcMain, channel, (event, ...args) => {
    event.senderFrame = { url: event.sender.getURL(), parent: null };
    listener(event, ...args);
  });

electron.app.on('web-contents-created', (_event, contents) => {
  /** Electron 12's, over the event that it replaced. */
  contents.setWindowOpenHandler = (handler) => {
    contents.on('new-window', (event, url) => {
      if (handler({ url }).action === 'deny') event.preventDefault();
    });
  };
});

const { setContextMenu } = electron.Tray.prototype;
electron.Tray.prototype.setContextMenu = function (menu) {
  Object.assign(globalThis, { driven: { tray: this, menu } });
  setContextMenu.call(this, menu);
};

export = electron;
