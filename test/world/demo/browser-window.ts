import { chromium, type Page } from 'playwright-core';
import { startChromium } from '../../e2e/chromium.ts';
import type { CommandLine } from './command-line.ts';

/** The app's window in a headless browser, as `k8s-tunnels serve` shows it. */
export interface BrowserWindow {
  readonly page: Page;
  /** Presses a cluster's switch, as a person does with the space bar. */
  press(title: string): Promise<void>;
  /** Resolves when the switch is on and the row says that the cluster is connected. */
  showsConnected(title: string): Promise<void>;
  showsPort(title: string, port: number): Promise<void>;
  /** Resolves when the row shows that it is not connected, and not being disconnected either. */
  showsOff(title: string): Promise<void>;
  close(): Promise<void>;
}

export async function openBrowserWindow(options: {
  readonly commandLine: CommandLine;
  /** Of Chromium. */
  readonly executable: string;
  /** Pixels of the screen for each of the page's; 1 when left out. */
  readonly scale?: number;
}): Promise<BrowserWindow> {
  const { commandLine, executable, scale = 1 } = options;
  const serving = commandLine.follow('k8s-tunnels', ['serve', '--json']);
  const { url } = JSON.parse(await serving.line(/^\{/)) as { readonly url: string };
  const started = await startChromium(executable);
  try {
    const browser = await chromium.connectOverCDP(started.endpoint);
    const page = await browser.newPage({ viewport: { width: 440, height: 680 }, deviceScaleFactor: scale });
    page.setDefaultTimeout(15_000);
    await page.goto(url);
    const switchOf = (title: string, checked?: boolean) =>
      page.getByRole('switch', {
        name: `Connect ${title}`,
        exact: true,
        ...(checked === undefined ? {} : { checked }),
      });
    const row = (title: string, checked?: boolean) =>
      page.getByRole('listitem').filter({ has: switchOf(title, checked) });
    return {
      page,
      press: (title) => switchOf(title).press(' '),
      showsConnected: (title) =>
        row(title, true).getByText('Connected', { exact: true }).waitFor({ state: 'attached' }),
      showsPort: (title, port) => row(title).getByText(`:${port}`, { exact: true }).waitFor(),
      // The switch is off from the press on; the row says that it is "Disconnecting" until it is done.
      showsOff: (title) => row(title, false).filter({ hasNotText: 'Disconnecting' }).waitFor(),
      async close() {
        serving.stop();
        await started.close();
      },
    };
  } catch (error) {
    serving.stop();
    await started.close();
    throw error;
  }
}
