import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';
import { expect, test } from 'vitest';
import { localChannel } from '../../../main/api/channel.ts';
import { leadTo, startWebServer } from '../../../main/api/web/server.ts';
import { findChromium, startChromium } from '../../e2e/chromium.ts';
import { startLocalAgent } from './local-agent.ts';

test('a browser that a file on disk leads to the address gets the window, with its cookie', async (context) => {
  const executable = await findChromium();
  if (executable === undefined) return context.skip('no Chromium: set K8S_TUNNELS_CHROMIUM');
  const folder = await mkdtemp(path.join(tmpdir(), 'k8s-tunnels-web-'));
  const agent = await startLocalAgent();
  const server = await startWebServer({ folder, openChannel: localChannel(agent.served) });
  const started = await startChromium(executable);
  try {
    await writeFile(path.join(folder, 'index.html'), '<title>window</title><h1>The window</h1>');
    const file = path.join(folder, 'open.html');
    await writeFile(file, leadTo(server.issueAddress()));
    const browser = await chromium.connectOverCDP(started.endpoint);
    const page = await browser.newPage();
    await page.goto(pathToFileURL(file).href);
    await page.getByText('The window').waitFor({ timeout: 10_000 });
    expect(page.url()).toBe(`http://127.0.0.1:${server.port}/`);
    const [cookie] = await page.context().cookies(page.url());
    expect(cookie).toMatchObject({ httpOnly: true, sameSite: 'Strict' });
  } finally {
    await started.close();
    await server.close();
    await agent.close();
    await rm(folder, { recursive: true, force: true });
  }
});
