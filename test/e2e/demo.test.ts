import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { type BrowserContext, chromium, type Page } from 'playwright-core';
import { afterEach, beforeEach, expect, type TestContext, test, vi } from 'vitest';
import { compileCache } from '../world/compile-cache.ts';
import { ledTo } from '../world/person/led-to.ts';
import { findChromium, startChromium } from './chromium.ts';

const root = path.resolve(import.meta.dirname, '..', '..');
const run = promisify(execFile);
const patience = { timeout: 40_000, interval: 20 };

let folder: string;
let ending: (() => Promise<unknown>)[];

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'demo-'));
  ending = [];
});
afterEach(async () => {
  for (const end of ending.reverse()) await end();
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
});

/** A person's terminal: a home of its own, and a browser that only notes what it is to open. */
async function startDemo(session: Readonly<Record<string, string>> = {}, ...args: readonly string[]) {
  const opened = path.join(folder, 'opened');
  const browser = path.join(folder, 'browser');
  await writeFile(browser, `#!/bin/sh\necho "$1" >> '${opened}'\n`, { mode: 0o755 });
  const own = { HOME: folder, TMPDIR: folder, PATH: process.env.PATH ?? '', BROWSER: browser };
  const env = { ...compileCache, ...own, ...session };
  const child = spawn(process.execPath, [path.join(root, 'test/world/demo/index.ts'), ...args], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (said += text));
  const ended = once(child, 'close');
  ending.push(async () => {
    child.kill('SIGINT');
    await ended;
  });
  return {
    /** Resolves with what the demo printed there. */
    says: (pattern: RegExp) =>
      vi.waitUntil(() => {
        if (child.exitCode !== null) throw new Error(`the demo ended:\n${said}`);
        return pattern.exec(said)?.[1];
      }, patience),
    /** The `nth` page that the person's browser was to open. */
    page: async (nth: number) => {
      const given = await vi.waitUntil(
        async () => (await readFile(opened, 'utf8').catch(() => '')).split('\n')[nth] || undefined,
        patience,
      );
      return ledTo(given);
    },
    async interrupt() {
      child.kill('SIGINT');
      return (await ended)[0] as number;
    },
  };
}

type Demo = Awaited<ReturnType<typeof startDemo>>;

/** The page of the login, filled in: first with a wrong password, as people do. */
async function signIn(login: Page, demo: Demo): Promise<void> {
  const [email = '', password = ''] = (await demo.says(/sign in:\n\n {2}(.*\n {2}.*)\n/)).split('\n  ');
  for (const word of ['a guess', password]) {
    await login.getByLabel('Email').fill(email);
    await login.getByLabel('Password').fill(word);
    await login.getByRole('button', { name: 'Sign in' }).click();
    if (word !== password) await login.getByRole('alert').waitFor();
  }
  await login.getByText('You are signed in').waitFor();
}

/** What was printed, pasted into a terminal that knows nothing of the world. */
async function checkTerminal(demo: Demo): Promise<void> {
  const inTerminal = async (...lines: readonly string[]) =>
    (await run('/bin/sh', ['-c', lines.join('\n')], { env: { HOME: folder, PATH: '/usr/bin:/bin' } })).stdout;
  const status = await inTerminal(await demo.says(/^ {2}(export PATH=.*)$/m), 'k8s-tunnels status --json');
  expect(JSON.parse(status)).toMatchObject({
    tunnels: [{ title: 'payments-staging-eu', state: { status: 'connected' } }],
  });
  const kubectl = process.env.K8S_TUNNELS_KUBECTL ?? '/usr/bin/kubectl';
  const hasKubectl = await access(kubectl).then(
    () => true,
    () => false,
  );
  if (!hasKubectl) return;
  const exported = await demo.says(/^ {2}(export KUBECONFIG=.*)$/m);
  const names = await inTerminal(exported, `'${kubectl}' get namespaces -o name`);
  expect(names).toContain('namespace/payments-staging');
}

/** A person's own browser, which knows nothing of the world. */
async function startOwnBrowser(context: TestContext) {
  const executable = await findChromium();
  if (executable === undefined) return context.skip('no Chromium: set K8S_TUNNELS_CHROMIUM');
  const own = await startChromium(executable);
  ending.push(() => own.close());
  const [tabs] = (await chromium.connectOverCDP(own.endpoint)).contexts();
  if (tabs === undefined) throw new Error('the browser has no default context');
  return { endpoint: own.endpoint, tabs };
}

async function connectBySwitch(window: Page, demo: Demo, login: Promise<string>, tabs: BrowserContext) {
  await window.getByRole('switch', { name: 'Connect payments-staging-eu', exact: true }).press(' ');
  const address = await login;
  expect(address).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/payments-staging\.k8s\.acme\.example\//);
  const page = await tabs.newPage();
  await page.goto(address);
  await signIn(page, demo);
  await window
    .getByText(/^\d+ ms$/)
    .first()
    .waitFor();
}

test("the demo in a browser of one's own and a terminal", async (context) => {
  const { tabs } = await startOwnBrowser(context);
  const demo = await startDemo();
  const window = await tabs.newPage();
  await window.goto(await demo.page(0));
  await connectBySwitch(window, demo, demo.page(1), tabs);
  await checkTerminal(demo);
  expect(await demo.interrupt()).toBe(130);
  expect((await readdir(folder)).toSorted()).toEqual(['browser', 'opened']);
}, 120_000);

test('the demo with a release feed: what it prints publishes, and nothing is left', async () => {
  const demo = await startDemo({}, '--releases');
  const publish = await demo.says(/publish a release:\n\n {2}(curl .*)\n/);
  const terminal = await demo.says(/^ {2}(export PATH=.*)$/m);
  const inShell = (line: string) =>
    run('/bin/sh', ['-c', line], { env: { HOME: folder, PATH: '/usr/bin:/bin' } });
  expect(JSON.parse((await inShell(publish)).stdout)).toMatchObject({ version: '9.0.0' });
  await vi.waitFor(async () => {
    const { stdout } = await inShell(`${terminal}\nk8s-tunnels status --json`);
    expect(JSON.parse(stdout)).toMatchObject({ release: { version: '9.0.0' } });
  }, patience);
  expect(await demo.interrupt()).toBe(130);
  expect((await readdir(folder)).toSorted()).toEqual(['browser', 'opened']);
}, 120_000);

test('the demo opens the desktop where Electron can start', async (context) => {
  const { endpoint, tabs } = await startOwnBrowser(context);
  const dist = path.join(folder, 'electron');
  await mkdir(dist);
  const double = path.join(root, 'test/desktop/double/register.ts');
  const lines = [
    `export ELECTRON_DOUBLE_BROWSER='${endpoint}' ELECTRON_DOUBLE_USER_DATA="$HOME"`,
    `exec '${process.execPath}' --import '${double}' '${path.join(root, 'out/main/index.js')}'`,
  ];
  await writeFile(path.join(dist, 'electron'), `#!/bin/sh\n${lines.join('\n')}\n`, { mode: 0o755 });
  const demo = await startDemo({ DISPLAY: ':none', ELECTRON_OVERRIDE_DIST_PATH: dist });
  await demo.says(/(The app is in the tray)/);
  const isWindow = (page: Page) => page.url().startsWith('https://k8s-tunnels.app.test/');
  const window = await vi.waitUntil(() => tabs.pages().find(isWindow), patience);
  await connectBySwitch(window, demo, demo.page(0), tabs);
  await checkTerminal(demo);
  expect(await demo.interrupt()).toBe(130);
  expect((await readdir(folder)).toSorted()).toEqual(['browser', 'electron', 'opened']);
}, 120_000);
