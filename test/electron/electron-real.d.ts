/** Electron 9.4.1, as far as the shim touches it. */
declare module 'electron-real' {
  type Reply = (answer: {
    statusCode: number;
    headers: Record<string, string>;
    data: NodeJS.ReadableStream;
  }) => void;
  interface AppResponse {
    readonly status: number;
    readonly headers: Record<string, string>;
    readonly body: Uint8Array | string;
  }
  interface MainEvent {
    readonly sender: { getURL(): string };
    senderFrame?: { readonly url: string; readonly parent: null };
  }
  type Listener = (event: MainEvent, ...args: readonly unknown[]) => void;
  interface Contents {
    on(event: 'new-window', listener: (event: { preventDefault(): void }, url: string) => void): void;
    setWindowOpenHandler(handler: (details: { url: string }) => { action: string }): void;
  }
  const electron: {
    readonly app: {
      enableSandbox(): void;
      on(event: 'web-contents-created', listener: (event: unknown, contents: Contents) => void): void;
    };
    readonly protocol: {
      registerStreamProtocol(
        scheme: string,
        handler: (request: { url: string; method: string }, reply: Reply) => void,
      ): void;
      handle(
        scheme: string,
        handler: (request: { url: string; method: string }) => Promise<AppResponse>,
      ): void;
    };
    readonly ipcMain: { on(channel: string, listener: Listener): unknown };
    readonly BrowserWindow: unknown;
    readonly dialog: unknown;
    readonly Menu: unknown;
    readonly nativeImage: unknown;
    readonly nativeTheme: unknown;
    readonly Notification: unknown;
    readonly screen: unknown;
    readonly session: unknown;
    readonly shell: unknown;
    readonly Tray: unknown;
  };
  export = electron;
}
