import { type Browser, chromium, type Page } from 'playwright-core';

let connected: Promise<Browser> | undefined;

/** A page for a window, in the browser that the test started and watches. */
export async function openPage(): Promise<Page> {
  const endpoint = process.env.ELECTRON_DOUBLE_BROWSER;
  if (endpoint === undefined) throw new Error('ELECTRON_DOUBLE_BROWSER must be the address of a browser');
  connected ??= chromium.connectOverCDP(endpoint);
  const [context] = (await connected).contexts();
  if (context === undefined) throw new Error('the browser has no default context');
  return context.newPage();
}

export async function disconnectBrowser(): Promise<void> {
  const browser = await connected?.catch(() => undefined);
  await Promise.all(
    (browser?.contexts() ?? []).flatMap((context) => context.pages()).map((page) => page.close()),
  );
}
