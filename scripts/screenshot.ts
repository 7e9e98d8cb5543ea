import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { Page } from 'playwright-core';
import { headerText } from '../renderer/header/text.ts';
import { findChromium } from '../test/e2e/chromium.ts';
import { openBrowserWindow } from '../test/world/demo/browser-window.ts';
import { type CommandLine, createCommandLine } from '../test/world/demo/command-line.ts';
import { startWorld } from '../test/world/world.ts';
import { togetherPage, togetherSize } from './pictures/together.ts';

/**
 * `npm run screenshot`: captures the real window with the demo's clusters, its accounts, and the window, the tray's menu and
 * a terminal together, in light and dark.
 */

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

/** What a terminal prints, in colour. Rejects where the command fails. */
async function printed(commandLine: CommandLine, command: string) {
  const [program = '', ...args] = command.split(' ');
  const { code, stdout, stderr } = await commandLine.run(program, args);
  if (code !== 0) throw new Error(`${command} ended with ${code}: ${stderr}`);
  return { command, output: stdout };
}

/** Composes the picture of the README from that of the window, the state of the agent and what commands printed. */
async function takeTogether(
  page: Page,
  shown: Omit<Parameters<typeof togetherPage>[0], 'theme' | 'window' | 'now'>,
): Promise<void> {
  await page.setViewportSize(togetherSize);
  for (const theme of ['light', 'dark'] as const) {
    const window = path.join(folder, `window-${theme}.png`);
    await page.setContent(await togetherPage({ ...shown, theme, window, now: Date.now() }));
    const file = path.join(folder, `together-${theme}.png`);
    await page.screenshot({ path: file });
    console.log(path.relative(process.cwd(), file));
  }
}

const executable = await findChromium();
if (executable === undefined) throw new Error('no Chromium: set K8S_TUNNELS_CHROMIUM');
const world = await startWorld();
const commandLine = await createCommandLine(world, { FORCE_COLOR: '1', COLUMNS: '90' });
try {
  await commandLine.tunnels('discover');
  const terminal = [await printed(commandLine, `k8s-tunnels connect ${connected.join(' ')}`)];
  terminal.push(await printed(commandLine, 'kubectl get namespaces'));
  const window = await openBrowserWindow({ commandLine, executable, scale: 2 });
  const { page } = window;
  try {
    for (const title of starred)
      await page.getByRole('button', { name: `Favourite ${title}`, exact: true }).click();
    for (const title of connected) await window.showsConnected(title);
    await page.mouse.move(0, 0);
    await page.locator('.clusters').evaluate((list) => list.scrollTo(0, 0));
    await take(page, 'window');
    const snapshot = await commandLine.snapshot();
    await page.getByRole('button', { name: headerText.accounts, exact: true }).click();
    await page.locator('.account').first().waitFor();
    // Show a user's home instead of the world's folder.
    await page.locator('.account small').evaluateAll((lines, home) => {
      for (const line of lines) line.textContent = line.textContent.replace(home, '/home/ada');
    }, world.home);
    await take(page, 'accounts');
    const context = await page.context().browser()?.newContext({ deviceScaleFactor: 2 });
    if (context === undefined) throw new Error('The browser is gone.');
    await takeTogether(await context.newPage(), { snapshot, terminal });
  } finally {
    await window.close();
  }
} finally {
  await commandLine.stop();
  await world.close();
}
