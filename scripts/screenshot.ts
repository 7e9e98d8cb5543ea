import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { Page } from 'playwright-core';
import { headerText } from '../renderer/header/text.ts';
import { findChromium } from '../test/e2e/chromium.ts';
import { openBrowserWindow } from '../test/world/demo/browser-window.ts';
import { createCommandLine } from '../test/world/demo/command-line.ts';
import { startWorld } from '../test/world/world.ts';

/** `npm run screenshot`: captures the real window with the demo's clusters, and its accounts, in light and dark. */

const folder = path.resolve(import.meta.dirname, '..', 'resources', 'screenshots');
const connected = ['payments-staging-eu', 'search-staging'] as const;
const starred = ['payments-staging-eu', 'ledger-prod'] as const;

async function take(page: Page, name: string): Promise<void> {
  // Move the pointer and the focus away.
  await page.mouse.move(0, 0);
  await page.evaluate('document.activeElement?.blur()');
  await mkdir(folder, { recursive: true });
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    const file = path.join(folder, `${name}-${colorScheme}.png`);
    await page.screenshot({ path: file, animations: 'disabled' });
    console.log(path.relative(process.cwd(), file));
  }
}

const executable = await findChromium();
if (executable === undefined) throw new Error('no Chromium: set K8S_TUNNELS_CHROMIUM');
const world = await startWorld();
const commandLine = await createCommandLine(world);
try {
  await commandLine.tunnels('discover');
  await commandLine.tunnels('connect', ...connected);
  const window = await openBrowserWindow({ commandLine, executable, scale: 2 });
  const { page } = window;
  try {
    for (const title of starred)
      await page.getByRole('button', { name: `Favourite ${title}`, exact: true }).click();
    for (const title of connected) await window.showsConnected(title);
    await page.mouse.move(0, 0);
    await page.locator('.clusters').evaluate((list) => list.scrollTo(0, 0));
    await take(page, 'window');
    await page.getByRole('button', { name: headerText.accounts, exact: true }).click();
    await page.locator('.account').first().waitFor();
    // Show a user's home instead of the world's folder.
    await page.locator('.account small').evaluateAll((lines, home) => {
      for (const line of lines) line.textContent = line.textContent.replace(home, '/home/ada');
    }, world.home);
    await take(page, 'accounts');
  } finally {
    await window.close();
  }
} finally {
  await commandLine.stop();
  await world.close();
}
