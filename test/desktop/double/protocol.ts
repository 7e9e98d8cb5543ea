import type { Page } from 'playwright-core';

type Handler = (request: Request) => Promise<Response>;

const privileged = new Set<string>();
const handlers = new Map<string, Handler>();

export const protocol = {
  registerSchemesAsPrivileged(schemes: readonly { readonly scheme: string }[]): void {
    for (const { scheme } of schemes) privileged.add(scheme);
  },
  handle(scheme: string, handler: Handler): void {
    if (!privileged.has(scheme)) throw new Error(`${scheme} is no privileged scheme: its page has no origin`);
    if (handlers.has(scheme)) throw new Error(`${scheme} has a handler already`);
    handlers.set(scheme, handler);
  },
};

// Chromium routes no unknown schemes: app://host/x is served as https://host.app.test/x, and mapped back wherever the
// app sees an address.
export const toWeb = (url: string): string =>
  url.replace(/^([a-z][\w+.-]*):\/\/([^/]+)/, (whole, scheme: string, host: string) =>
    handlers.has(scheme) ? `https://${host}.${scheme}.test` : whole,
  );
export const toApp = (url: string): string => url.replace(/^https:\/\/([^/]+)\.([\w+-]+)\.test/, '$2://$1');

/** Lets the app's handlers answer what the page asks of their schemes; nothing else is reached. */
export async function routeSchemes(page: Page): Promise<void> {
  await page.route('**/*', async (route) => {
    const request = route.request();
    const url = toApp(request.url());
    const handler = handlers.get(new URL(url).protocol.slice(0, -1));
    if (handler === undefined) {
      await route.abort('blockedbyclient');
      return;
    }
    const response = await handler(new Request(url, { method: request.method() }));
    await route.fulfill({
      status: response.status,
      headers: Object.fromEntries(response.headers),
      body: Buffer.from(await response.arrayBuffer()),
    });
  });
}
