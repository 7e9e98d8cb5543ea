import { once } from 'node:events';
import { chmod } from 'node:fs/promises';
import { type BrowserContext, chromium, type Page } from 'playwright-core';
import { afterEach, beforeEach, expect, type TestContext, test, vi } from 'vitest';
import { agentText } from '../../renderer/agent/text.ts';
import { firstRunText } from '../../renderer/first-run/text.ts';
import { builtProgram, type Home, makeHome, runCli, startCli } from '../cli/run-cli.ts';
import { type Chromium, findChromium, startChromium } from '../e2e/chromium.ts';
import { type OtherUser, otherUser } from './other-user.ts';
import { dialAs, listenAs, type StrangeListener } from './strange-listener.ts';

// `k8s-tunnels serve` in the browser of one account, while another account does what it can on the same computer.

const patience = { timeout: 15_000, interval: 20 };
let home: Home;
let endings: (() => Promise<unknown>)[];

beforeEach(async () => {
  home = await makeHome();
  endings = [];
});
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end();
  await runCli(['quit'], { env: home.env, program: builtProgram });
  await home.remove();
});

/** The other account, and a browser of this one. */
async function setUp(
  context: TestContext,
): Promise<{ readonly other: OtherUser; readonly browser: BrowserContext }> {
  const executable = await findChromium();
  if (executable === undefined) return context.skip('no Chromium: set K8S_TUNNELS_CHROMIUM');
  const other = await otherUser(context);
  endings.push(() => other.close());
  await chmod(home.paths.home, 0o755);
  const started: Chromium = await startChromium(executable);
  endings.push(() => started.close());
  const [browser] = (await chromium.connectOverCDP(started.endpoint)).contexts();
  if (browser === undefined) throw new Error('the browser has no context');
  return { other, browser };
}

async function serve(...args: readonly string[]) {
  const { child, done } = startCli(['serve', '--json', ...args], { env: home.env, program: builtProgram });
  endings.push(async () => {
    child.kill('SIGKILL');
    await done;
  });
  const [line] = (await once(child.stdout ?? child, 'data')) as [string];
  const { url, port } = JSON.parse(line) as { url: string; port: number };
  return { child, done, url, port };
}

async function openWindow(browser: BrowserContext, url: string): Promise<Page> {
  const page = await browser.newPage();
  await page.goto(url);
  await page.getByText(firstRunText.title).first().waitFor({ timeout: 15_000 });
  return page;
}

async function listen(...asked: Parameters<typeof listenAs>): Promise<StrangeListener> {
  const listener = await listenAs(...asked);
  endings.push(() => listener.close());
  return listener;
}

/** What an agent answers, whatever it answers. */
const ofAgent = /output|clusters|settings|"error"|"id"/;

test('a page of another account on 127.0.0.1 receives no secret of the window, and cannot stand in for it', async (context) => {
  const { other, browser } = await setUp(context);
  const { url, port } = await serve();
  const window = await openWindow(browser, url);
  const agentPaths = [`${new URL(url).pathname}agent`, '/agent'];
  const dials = agentPaths.map((path) => `new WebSocket('ws://127.0.0.1:${port}${path}')`).join(';');
  const stranger = await listen(other, {
    page: `<title>stranger</title><script>${dials}; fetch('/again').then(() => { document.title = 'over'; })</script>`,
  });
  const visited = await browser.newPage();
  await visited.goto(`http://127.0.0.1:${stranger.port}/`);
  await vi.waitFor(async () => expect(await visited.title()).toBe('over'), patience);
  expect(stranger.heard().length).toBeGreaterThanOrEqual(2);
  const heard = JSON.stringify(stranger.heard());
  const cookies = stranger.heard().map(({ headers }) => headers.cookie ?? '');
  expect(cookies.join('')).toBe('');
  expect(await browser.cookies()).toEqual([]);
  const held = await window.evaluate(() => JSON.stringify(Object.values({ ...sessionStorage })));
  for (const secret of held.match(/[\w-]{22,}/g) ?? []) expect(heard).not.toContain(secret);

  // With a Host and an Origin of its own choice, and all that it has been sent.
  const origin = `http://127.0.0.1:${port}`;
  const headers = { Host: `127.0.0.1:${port}`, Origin: origin, Cookie: cookies.join('; ') };
  for (const path of agentPaths)
    for (const message of [
      { id: 1, operation: 'credential', input: { cluster: 'x' } },
      { id: 1, operation: 'settings-set', input: { clusterFiles: [`${other.folder}/clusters.yaml`] } },
      { kind: 'session', id: 'AAAAAAAAAAA', nonce: 'AAAAAAAAAAAAAAAAAAAAAA' },
    ]) {
      const answered = await dialAs(other, { port, path, headers, text: JSON.stringify(message) });
      expect(answered).toMatch(/^HTTP\/1\.1 (101|4\d\d)/);
      expect(answered).not.toMatch(ofAgent);
    }
  const { stdout } = await runCli(['settings', 'clusterFiles'], { env: home.env, program: builtProgram });
  expect(stdout.trim()).toBe('');
});

test('the address opens the window once, and is in no history; each tab needs its own', async (context) => {
  const { browser } = await setUp(context);
  const { url } = await serve();
  const window = await openWindow(browser, url);
  const secret = new URL(url).hash;
  expect(secret.length).toBeGreaterThan(30);
  const { origin, pathname } = new URL(url);
  expect(window.url()).toBe(origin + pathname);
  await window.goto('about:blank');
  await window.goBack();
  expect(window.url()).toBe(origin + pathname);
  await window.getByText(firstRunText.title).first().waitFor();
  await window.reload();
  await window.getByText(firstRunText.title).first().waitFor();

  const replayed = await browser.newPage();
  await replayed.goto(url);
  await replayed.getByText(agentText.link.ended['session-ended']).waitFor();
  const second = await browser.newPage();
  await second.goto(origin + pathname);
  await second.getByText(agentText.link.ended['no-session']).waitFor();
  await second.getByText('k8s-tunnels serve').first().waitFor();
  // Another address is pasted into the same tab, of which only the fragment changes.
  const next = await serve();
  await second.goto(next.url);
  await second.getByText(firstRunText.title).first().waitFor();
});

test('a tab that is open when serve has ended tells nothing to the account that listens there next', async (context) => {
  const { other, browser } = await setUp(context);
  const { child, done, url, port } = await serve();
  const window = await openWindow(browser, url);
  const held = await window.evaluate(
    () => JSON.stringify({ ...sessionStorage, ...localStorage }) + document.cookie,
  );
  child.kill('SIGKILL');
  await done;
  const fake = { output: { clusters: [] }, id: 1, opened: true };
  const stranger = await listen(other, {
    port,
    answers: [
      JSON.stringify({ nonce: 'AAAAAAAAAAAAAAAAAAAAAA', proof: 'A'.repeat(43), ...fake }),
      JSON.stringify(fake),
    ],
  });
  await window.getByText(agentText.link.ended.foreign).waitFor({ timeout: 15_000 });
  const frames = stranger.heard().flatMap((one) => one.frames.map((frame) => JSON.parse(frame) as object));
  // It names its session by a public number, once, and stops.
  expect(frames).toEqual([{ kind: 'session', id: expect.any(String), nonce: expect.any(String) }]);
  expect(await window.getByText(firstRunText.title).count()).toBe(0);
  const heard = JSON.stringify(stranger.heard());
  const secrets = (held.match(/[\w-]{22,}/g) ?? []).filter((word) => word.length > 20);
  expect(secrets.length).toBeGreaterThan(0);
  for (const secret of secrets) expect(heard).not.toContain(secret);
  expect(stranger.heard().map(({ headers }) => headers.cookie)).toEqual([undefined]);
});

test('files that another account put into the browser for a port are not run by the window on that port', async (context) => {
  const { other, browser } = await setUp(context);
  const first = await serve();
  const { port } = first;
  const window = await openWindow(browser, first.url);
  const script = await window.evaluate(() => document.querySelector('script')?.getAttribute('src') ?? '');
  expect(script).toContain('.js');
  await window.close();
  first.child.kill('SIGINT');
  await first.done;
  const name = script.replace(/^\.?\//, '');
  const stranger = await listen(other, {
    port,
    page: `<title>stranger</title><script src="/${name}"></script><script src="${new URL(first.url).pathname}${name}"></script>`,
  });
  const visited = await browser.newPage();
  await visited.goto(`http://127.0.0.1:${port}/`);
  await vi.waitFor(async () => expect(await visited.locator('html[data-stolen]').count()).toBe(1), patience);
  await visited.close();
  await stranger.close();
  const again = await serve('--port', String(port));
  const opened = await openWindow(browser, again.url);
  expect(await opened.locator('html[data-stolen]').count()).toBe(0);
});
