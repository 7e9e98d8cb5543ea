import { Readable } from 'node:stream';
import electron from 'electron-real';

/** Stands for `electron`: gives Electron 9 the newer calls that the app makes. */

const { app, ipcMain, protocol } = electron;

// Node 12 has none; the app's handler makes them, and `handle` below reads them.
Object.assign(globalThis, {
  Response: class {
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

// The OS sandbox is switched off for the whole run (containers and root cannot have it); this call would switch it on.
app.enableSandbox = () => {};

// Electron 25's, over what it replaced.
protocol.handle = (scheme, handler) => {
  protocol.registerStreamProtocol(scheme, ({ url, method }, reply) => {
    void handler({ url, method }).then(({ status, headers, body }) =>
      reply({ statusCode: status, headers, data: Readable.from([Buffer.from(body)]) }),
    );
  });
};

// Electron 13's `senderFrame`: here only the page's own address is known, so a frame inside it would pass as it.
const { on } = ipcMain;
ipcMain.on = (channel, listener) =>
  on.call(ipcMain, channel, (event, ...args) => {
    event.senderFrame = { url: event.sender.getURL(), parent: null };
    listener(event, ...args);
  });

// Electron 12's, over the event that it replaced.
app.on('web-contents-created', (_event, contents) => {
  contents.setWindowOpenHandler = (handler) => {
    contents.on('new-window', (event, url) => {
      if (handler({ url }).action === 'deny') event.preventDefault();
    });
  };
});

export const {
  BrowserWindow,
  dialog,
  Menu,
  nativeImage,
  nativeTheme,
  Notification,
  screen,
  session,
  shell,
  Tray,
} = electron;
export { app, ipcMain, protocol };
