import { spawn } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { checkUrl, openUrl } from '../../main/agent/open-url.ts';
import { findChromium, startChromium } from '../e2e/chromium.ts';
import { ledTo } from '../world/person/led-to.ts';

let home: string;
let env: Record<string, string>;

beforeEach(async () => {
  home = await mkdtemp(path.join(tmpdir(), 'open-url-'));
  env = { [process.platform === 'win32' ? 'USERPROFILE' : 'HOME']: home, PATH: process.env.PATH ?? '' };
});
afterEach(() => rm(home, { recursive: true, force: true }));

/** What the system is asked to open. */
const handed = async (url: string) => {
  let page = '';
  await openUrl(url, env, async (given) => {
    page = given;
  });
  return page;
};
const signIn = 'https://issuer.example/authorize?a=1&copy=2&state=secret%22%3C&nonce=n#f';

test('the browser is given a page that only the user can read, and no address', async () => {
  const page = await handed(signIn);
  expect(page).toMatch(/^file:/);
  expect(page).not.toContain('secret');
  const file = fileURLToPath(page);
  const modeOf = async (one: string) => (await stat(one)).mode & 0o777;
  if (process.platform !== 'win32')
    expect([await modeOf(file), await modeOf(path.dirname(file))]).toEqual([0o600, 0o700]);
  expect(ledTo(page)).toBe(signIn);
});

test('a program named by BROWSER is given the page too, in place of %s or at the end', async () => {
  const log = path.join(home, 'log');
  const program = path.join(home, 'browser');
  await writeFile(program, `#!/bin/sh\necho "$@" > '${log}.part'\nmv '${log}.part' '${log}'\n`);
  await chmod(program, 0o755);
  for (const [command, pattern] of [
    [`${program} --new`, /^--new (file:\S+)$/],
    [`absent:${program} --app=%s --more`, /^--app=(file:\S+) --more$/],
  ] as const) {
    await openUrl(signIn, { ...env, BROWSER: command }, () => Promise.reject(new Error('not asked')));
    const line = (
      await vi.waitUntil(() => readFile(log, 'utf8').catch(() => ''), { timeout: 10_000 })
    ).trim();
    await rm(log);
    expect(line).not.toContain('secret');
    expect(ledTo(pattern.exec(line)?.[1] ?? '')).toBe(signIn);
  }
});

test.skipIf(process.platform === 'win32')('a program that fails is followed by the next one', async () => {
  const [bad, good] = [path.join(home, 'bad'), path.join(home, 'good')];
  await writeFile(bad, '#!/bin/sh\nexit 3\n', { mode: 0o755 });
  await writeFile(good, `#!/bin/sh\ntouch '${home}/opened'\n`, { mode: 0o755 });
  await openUrl(signIn, { ...env, BROWSER: `${bad}:${good}` }, () => Promise.reject(new Error('not asked')));
  expect(await readdir(home)).toContain('opened');
});

test.skipIf(process.platform === 'win32')('where all fail, each is named, with the cure', async () => {
  const bad = path.join(home, 'bad');
  await writeFile(bad, '#!/bin/sh\nexit 3\n', { mode: 0o755 });
  const system = async () => spawn('/bin/sh', ['-c', 'exit 4'], { stdio: 'ignore' });
  await expect(openUrl(signIn, { ...env, BROWSER: `${bad}:absent` }, system)).rejects.toMatchObject({
    code: 'not-found',
    message:
      'No browser could be opened: bad failed with exit code 3, absent could not be started, sh failed with exit code 4.',
    hint: expect.stringContaining('Open the address by hand, or set BROWSER'),
  });
});

test.skipIf(process.platform === 'win32')('a browser that goes on running has opened', async () => {
  const browser = path.join(home, 'browser');
  await writeFile(browser, `#!/bin/sh\necho $$ > '${home}/pid'\nexec sleep 60\n`, { mode: 0o755 });
  await openUrl(signIn, { ...env, BROWSER: browser }, () => Promise.reject(new Error('not asked')));
  process.kill(Number(await readFile(path.join(home, 'pid'), 'utf8')));
});

test('what a killed process left is removed', async () => {
  const place = path.dirname(path.dirname(fileURLToPath(await handed(signIn))));
  const [old, young] = [path.join(place, 'k8s-tunnels-open-old'), path.join(place, 'k8s-tunnels-open-young')];
  for (const folder of [old, young]) await mkdir(folder);
  const then = new Date(Date.now() - 6 * 60_000);
  await utimes(old, then, then);
  await handed(signIn);
  const left = await readdir(place);
  expect(left).toContain('k8s-tunnels-open-young');
  expect(left).not.toContain('k8s-tunnels-open-old');
});

test('the page leads a real browser on', async (context) => {
  const executable = await findChromium();
  if (executable === undefined) return context.skip('no Chromium: set K8S_TUNNELS_CHROMIUM');
  const asked: [string | undefined, string | undefined][] = [];
  const server = http.createServer((request, response) => {
    asked.push([request.url, request.headers.referer]);
    response.end('<h1>here</h1>');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/at?a=1&copy=2&q=%22%3C'`;
  const started = await startChromium(executable);
  try {
    const browser = await chromium.connectOverCDP(started.endpoint);
    const page = await browser.newPage();
    await page.goto(await handed(address));
    await page.getByText('here').waitFor({ timeout: 10_000 });
    const { pathname, search } = new URL(address);
    expect(asked[0]).toEqual([pathname + search, undefined]);
  } finally {
    await started.close();
    server.close();
  }
});

test.each([
  'https://issuer.example/a?b=c',
  'https://issuer.example:8443/',
  'http://127.0.0.1:1234/a#b',
  'http://localhost:1234/',
  'http://[::1]:1234/',
])('%s is opened', async (url) => {
  expect(checkUrl(url)).toBe(url);
  expect(ledTo(await handed(url))).toBe(url);
});

test.each([
  'file:///etc/passwd',
  'javascript:alert(1)',
  'data:text/html,x',
  'http://evil.example/',
  'http://127.0.0.1.evil.example/',
  'http://localhost.evil.example/',
  'https://user@host.example/',
  'https://:secret@host.example/',
  'http://me@127.0.0.1/',
  'smb://host/share',
  'ms-settings:x',
  'k8s-tunnels://setup?url=https://x.example',
  '//host.example/',
  '--version',
  '',
])('%j is refused, and nothing is written', async (url) => {
  await expect(handed(url)).rejects.toMatchObject({ code: 'url-refused' });
  expect(await readdir(home)).toEqual([]);
  expect(() => checkUrl(url)).toThrow(
    expect.objectContaining({ message: expect.not.stringContaining('secret') }),
  );
});
