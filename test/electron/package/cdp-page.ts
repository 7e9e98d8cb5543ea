import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import WebSocket from 'ws';

/**
 * The page of a program that was started with `--remote-debugging-port`, by Chromium's protocol alone: a fuse of the
 * packed app switches off the inspector through which Playwright drives Electron.
 */
export interface CdpPage {
  evaluate<T>(expression: string): Promise<T>;
  /** Resolves when the expression is true. */
  waitFor(expression: string): Promise<void>;
  screenshot(file: string): Promise<void>;
  close(): void;
}

interface Target {
  readonly type: string;
  readonly url: string;
  readonly webSocketDebuggerUrl: string;
}

/** https://chromedevtools.github.io/devtools-protocol/ */
export async function cdpPage(port: string): Promise<CdpPage> {
  const target = await until(async () => {
    const response = await fetch(`http://127.0.0.1:${port}/json/list`);
    const all = (await response.json()) as readonly Target[];
    const found = all.find(({ type, url }) => type === 'page' && url.startsWith('app://'));
    if (found === undefined) throw new Error('it has no window');
    return found;
  });
  const socket = new WebSocket(target.webSocketDebuggerUrl);
  await once(socket, 'open');
  let lastId = 0;
  const waiting = new Map<number, (answer: unknown) => void>();
  socket.on('message', (data: Buffer) => {
    const { id, result } = JSON.parse(data.toString()) as { readonly id: number; readonly result: unknown };
    waiting.get(id)?.(result);
    waiting.delete(id);
  });
  const send = <T>(method: string, params: object = {}): Promise<T> =>
    new Promise((resolve) => {
      const id = ++lastId;
      waiting.set(id, (answer) => resolve(answer as T));
      socket.send(JSON.stringify({ id, method, params }));
    });
  const evaluate = async <T>(expression: string): Promise<T> => {
    const options = { expression, returnByValue: true, awaitPromise: true };
    return (await send<{ readonly result: { readonly value: T } }>('Runtime.evaluate', options)).result.value;
  };
  return {
    evaluate,
    waitFor: (expression) =>
      until(async () => {
        if ((await evaluate(expression)) !== true) throw new Error(`not true: ${expression}`);
      }),
    async screenshot(file) {
      const { data } = await send<{ readonly data: string }>('Page.captureScreenshot');
      await writeFile(file, Buffer.from(data, 'base64'));
    },
    close: () => socket.close(),
  };
}

const limitMs = 30_000;

/** Resolves with what `look` resolves with, once it does; rejects as it did last when time is up. */
export async function until<T>(look: () => T | Promise<T>): Promise<T> {
  for (const from = performance.now(); ; ) {
    try {
      return await look();
    } catch (error) {
      if (performance.now() - from > limitMs) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
