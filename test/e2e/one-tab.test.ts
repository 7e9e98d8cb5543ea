import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { chromium } from 'playwright-core';
import { expect, test } from 'vitest';
import { openCallback } from '../../main/agent/logins/callback.ts';
import { createTab } from '../../main/agent/logins/tab.ts';
import { systemClock } from '../../main/agent/parts.ts';
import { findChromium, startChromium } from './chromium.ts';

test('a real browser draws the page of a login, and goes on to the next one in the same tab', async (context) => {
  const executable = await findChromium();
  if (executable === undefined) return context.skip('no Chromium: set K8S_TUNNELS_CHROMIUM');
  const asked: [string | undefined, string | undefined][] = [];
  const issuer = http.createServer((request, response) => {
    if (request.url?.startsWith('/authorize')) asked.push([request.url, request.headers.referer]);
    response.end('<h1>The next issuer</h1>');
  });
  await new Promise<void>((resolve) => issuer.listen(0, '127.0.0.1', resolve));
  const address = `http://127.0.0.1:${(issuer.address() as AddressInfo).port}/authorize?a=1&copy=2`;
  const tab = createTab({
    clock: systemClock,
    openUrl: () => Promise.reject(new Error('a second tab')),
  });
  const callback = await openCallback({ host: '127.0.0.1', path: '/', title: 'AWS' }, tab);
  const received = callback.receive({
    state: 'right',
    signal: context.signal,
    finish: async () => 'signed in',
  });
  const started = await startChromium(executable);
  try {
    const browser = await chromium.connectOverCDP(started.endpoint);
    const page = await browser.newPage();
    await page.goto(`${callback.redirectUri}/?state=right&code=the-code`, { waitUntil: 'commit' });
    expect(await received).toBe('signed in');
    callback.close();
    await page.getByText('The next sign-in opens in this tab.').waitFor();
    await tab.openUrl(address);
    await page.getByText('The next issuer').waitFor();
    // The address of the page before holds a code.
    expect(asked).toEqual([['/authorize?a=1&copy=2', undefined]]);
    await page.goBack({ waitUntil: 'commit' }).catch(() => {});
    expect(page.url()).not.toContain('the-code');
  } finally {
    await started.close();
    issuer.close();
  }
});
