import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { type Browser, chromium, type Page } from 'playwright-core';
import type { Chromium } from '../e2e/chromium.ts';
import type { Driver } from '../e2e/driver.ts';
import type { Answers } from './double/control.ts';

const root = path.resolve(import.meta.dirname, '..', '..');
/** Where the double serves the window's page. */
const address = 'https://k8s-tunnels.app.test/';

export interface DoubleDriver extends Driver {
  ask<N extends keyof Answers>(name: N, input?: Parameters<Answers[N]>[0]): Promise<ReturnType<Answers[N]>>;
  readonly pid: number;
  /** What it has printed. */
  said(): string;
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
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    },
  );
  let complaints = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (complaints += text));
  let printed = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (printed += text));
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
    // That the child has ended is told by `gone`.
    child.send({ id, name, input }, () => {});
    return Promise.race([answered, gone]);
  };

  let browser: Promise<Browser> | undefined;
  const page = async (): Promise<Page> => {
    browser ??= chromium.connectOverCDP(options.chromium.endpoint);
    const [context] = (await browser).contexts();
    if (context === undefined) throw new Error('the browser has no default context');
    const look = () => context.pages().findLast((one) => one.url().startsWith(address));
    let ended = false;
    gone.catch(() => {
      ended = true;
    });
    for (let found = look(); ; found = look()) {
      if (found !== undefined) return found;
      if (ended) return gone;
      await setTimeout(10);
    }
  };
  /** What a killed process leaves open, a real one would not. */
  const closePages = async () => {
    const { host } = new URL(options.chromium.endpoint);
    const answer = await fetch(`http://${host}/json/list`);
    const pages = (await answer.json()) as readonly { readonly id: string; readonly url: string }[];
    for (const { id, url } of pages)
      if (url.startsWith(address)) await fetch(`http://${host}/json/close/${id}`);
    await (await browser)?.close();
  };

  return {
    ask,
    pid: child.pid ?? 0,
    said: () => printed + complaints,
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
