import { app } from 'electron';

/**
 * Holds "ready" back until Playwright has attached to the app, and calls `__playwright_run`: an attachment that meets the
 * first window while it is made may never end, seen one time in thirty. Playwright's own loader does the same, but it is
 * given only to the Electron that Playwright finds by itself. Runs before the app, as a script of its own.
 * https://github.com/microsoft/playwright/blob/main/packages/playwright-core/src/server/electron/loader.ts
 */
// What Playwright asks of every Electron, and nobody else here.
if (process.argv.includes('--inspect=0')) {
  const ready = app.whenReady();
  const emit = app.emit.bind(app);
  const attached = Promise.withResolvers<void>();
  let told: readonly unknown[] = [];
  let isReady = false;
  app.emit = (event: string | symbol, ...args: unknown[]) => {
    if (event !== 'ready') return emit(event, ...args);
    told = args;
    return app.listenerCount('ready') > 0;
  };
  app.isReady = () => isReady;
  app.whenReady = () => attached.promise;
  Object.assign(globalThis, {
    async __playwright_run() {
      await ready;
      isReady = true;
      attached.resolve();
      emit('ready', ...told);
    },
  });
}
