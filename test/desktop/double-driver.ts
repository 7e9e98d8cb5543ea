import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import type { Chromium } from '../e2e/chromium.ts';
import type { Driver } from '../e2e/driver.ts';
import type { Answers } from './double/control.ts';

const root = path.resolve(import.meta.dirname, '..', '..');

export interface DoubleDriver extends Driver {
  ask<N extends keyof Answers>(name: N, input?: Parameters<Answers[N]>[0]): Promise<ReturnType<Answers[N]>>;
  readonly pid: number;
}

/** Starts the built app in Node, its windows being pages of a headless Chromium. */
export async function startDouble(options: {
  readonly env: Readonly<Record<string, string>>;
  readonly chromium: Chromium;
  readonly args?: readonly string[];
}): Promise<DoubleDriver> {
  const { env, args = [] } = options;
  const userData = path.join(env.HOME ?? '', '.electron-double');
  await mkdir(userData, { recursive: true });
  const register = path.join(import.meta.dirname, 'double', 'register.ts');
  const child = spawn(
    process.execPath,
    ['--import', register, path.join(root, 'out', 'main', 'index.js'), ...args],
    {
      env: {
        ...env,
        ELECTRON_DOUBLE_USER_DATA: userData,
        ELECTRON_DOUBLE_BROWSER: options.chromium.endpoint,
      },
      stdio: ['ignore', 'inherit', 'pipe', 'ipc'],
    },
  );
  let complaints = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (complaints += text));
  const closed = once(child, 'close').then(() => {});
  const gone = closed.then(() => {
    throw new Error(`the app has ended${complaints === '' ? '' : `:\n${complaints}`}`);
  });
  gone.catch(() => {});

  let lastId = 0;
  const ask: DoubleDriver['ask'] = (name, input) => {
    const id = ++lastId;
    const answered = new Promise<never>((resolve, reject) => {
      const hear = (answer: { id: number; value: never; error?: string }) => {
        if (answer.id !== id) return;
        child.off('message', hear);
        if (answer.error === undefined) resolve(answer.value);
        else reject(new Error(answer.error));
      };
      child.on('message', hear);
    });
    child.send({ id, name, input });
    return Promise.race([answered, gone]);
  };

  let browser: Promise<Browser> | undefined;
  const page = async (): Promise<Page> => {
    browser ??= chromium.connectOverCDP(options.chromium.endpoint);
    const [context] = (await browser).contexts();
    if (context === undefined) throw new Error('the browser has no default context');
    const isOurs = (one: Page) => one.url().startsWith('https://k8s-tunnels.app.test/');
    const found = context.pages().findLast(isOurs);
    if (found !== undefined) return found;
    const next = await Promise.race([context.waitForEvent('page'), gone]);
    await next.waitForURL('https://k8s-tunnels.app.test/');
    return next;
  };
  /** What a killed process leaves open, a real one would not. */
  const closePages = async () => {
    const connected = await browser;
    for (const one of connected?.contexts()[0]?.pages() ?? [])
      if (one.url() !== 'about:blank') await one.close();
  };

  return {
    ask,
    pid: child.pid ?? 0,
    page,
    menu: () => ask('menu'),
    click: (...labels) => ask('click', labels),
    clickTray: () => ask('clickTray'),
    async closeWindow() {
      await ask('closeWindow');
    },
    isWindowVisible: () => ask('isWindowVisible'),
    ended: closed,
    async kill() {
      child.kill('SIGKILL');
      await closed;
      await closePages();
    },
  };
}
