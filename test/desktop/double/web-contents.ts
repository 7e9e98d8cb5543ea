import type { Page } from 'playwright-core';
import { StrictEmitter } from './strict.ts';

let lastId = 0;

export class WebContents extends StrictEmitter {
  readonly id = ++lastId;
  readonly #window: { page(): Promise<Page>; reload(): Promise<void> };
  #destroyed = false;
  #openHandler: ((details: { readonly url: string }) => { readonly action: string }) | undefined;

  constructor(window: { page(): Promise<Page>; reload(): Promise<void> }) {
    super(['destroyed', 'render-process-gone', 'will-navigate', 'will-attach-webview']);
    this.#window = window;
  }

  /** Electron asks before a page opens another; Chromium opens it first. */
  async guard(page: Page): Promise<void> {
    await page.exposeBinding('__electronOpen', (_source, url: string) => {
      const answer = this.#openHandler?.({ url }) ?? { action: 'allow' };
      if (answer.action !== 'deny') throw new Error(`the page was allowed to open ${url}`);
    });
    await page.addInitScript(() => {
      const told = globalThis as unknown as { __electronOpen(url: string): Promise<void> };
      const tell = told.__electronOpen;
      globalThis.open = (url) => {
        void tell(String(new URL(String(url), location.href)));
        return null;
      };
      document.addEventListener('click', (event) => {
        const link = event.target instanceof Element ? event.target.closest('a[target=_blank]') : null;
        if (!(link instanceof HTMLAnchorElement)) return;
        event.preventDefault();
        void tell(link.href);
      });
    });
  }

  setWindowOpenHandler(handler: (details: { readonly url: string }) => { readonly action: string }): void {
    this.#openHandler = handler;
  }

  send(channel: string, ...args: readonly unknown[]): void {
    if (this.#destroyed) throw new TypeError('Object has been destroyed');
    const copies = structuredClone(args);
    void this.#window
      .page()
      .then((page) =>
        page.evaluate(
          ([name, given]) => {
            const { __electronDeliver: deliver } = globalThis as unknown as {
              __electronDeliver(channel: unknown, args: unknown): void;
            };
            deliver(name, given);
          },
          [channel, copies],
        ),
      )
      // The page went away in between, as it may under Electron.
      .catch(() => {});
  }

  reload(): void {
    void this.#window.reload().catch(() => {});
  }

  isDestroyed(): boolean {
    return this.#destroyed;
  }

  /** The window's process died. */
  crash(): void {
    this.emit('render-process-gone', {}, { reason: 'crashed' });
  }

  end(): void {
    this.#destroyed = true;
    this.emit('destroyed');
  }
}
