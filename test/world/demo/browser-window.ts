import { chromium, type Page } from 'playwright-core';
import { builtProgram } from '../../cli/run-cli.ts';
import { startInTerminal } from '../../cli/terminal.ts';
import { startChromium } from '../../e2e/chromium.ts';
import type { CommandLine } from './command-line.ts';

/** The app's window in a headless browser, as `k8s-tunnels serve` shows it. */
export interface BrowserWindow {
  readonly page: Page;
  /** Presses a cluster's switch, as a person does with the space bar. */
  press(title: string): Promise<void>;
  /** Resolves when the switch is on and the row says that the cluster is connected. */
  showsConnected(title: string): Promise<void>;
  /** Opens the cluster's page, which shows the port, and goes back. */
  showsPort(title: string, port: number): Promise<void>;
  /** Resolves when the row shows that it is not connected, and not being disconnected either. */
  showsOff(title: string): Promise<void>;
  /** Answers a question in the terminal that serves it, with yes. Only where `terminal` was asked for. */
  confirm(question: RegExp): Promise<void>;
  close(): Promise<void>;
}

export async function openBrowserWindow(options: {
  readonly commandLine: CommandLine;
  /** Of Chromium. */
  readonly executable: string;
  /** Pixels of the screen for each of the page's; 1 when left out. */
  readonly scale?: number;
  /** Serves it from a terminal, which is asked what a page alone may not do. */
  readonly terminal?: boolean;
}): Promise<BrowserWindow> {
  const { commandLine, executable, scale = 1, terminal = false } = options;
  const serving = terminal ? await serveInTerminal(commandLine) : await serveAlone(commandLine);
  const { url } = serving;
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
      async showsPort(title, port) {
        await page.getByRole('button', { name: title, exact: true }).click();
        await page.getByText(`127.0.0.1:${port}`, { exact: true }).waitFor();
        await page.keyboard.press('Escape');
      },
      // The switch is off from the press on; the row says that it is "Disconnecting" until it is done.
      showsOff: (title) => row(title, false).filter({ hasNotText: 'Disconnecting' }).waitFor(),
      confirm: serving.confirm,
      async close() {
        await serving.stop();
        await started.close();
      },
    };
  } catch (error) {
    await serving.stop();
    await started.close();
    throw error;
  }
}

interface Serving {
  readonly url: string;
  confirm(question: RegExp): Promise<void>;
  stop(): Promise<void>;
}

async function serveAlone(commandLine: CommandLine): Promise<Serving> {
  const process = commandLine.follow('k8s-tunnels', ['serve', '--json']);
  const { url } = JSON.parse(await process.line(/^\{/)) as { readonly url: string };
  return {
    url,
    confirm: () => Promise.reject(new Error('there is no terminal')),
    stop: async () => process.stop(),
  };
}

async function serveInTerminal({ env }: CommandLine): Promise<Serving> {
  const terminal = startInTerminal({ args: ['serve', '--no-open'], env, program: builtProgram });
  const [url] = await terminal.shows(/http:\S+#open=\S+/);
  return {
    url,
    async confirm(question) {
      await terminal.shows(new RegExp(`${question.source} Type y and press Enter`));
      terminal.press('y\r');
    },
    stop: () => terminal.end(),
  };
}
