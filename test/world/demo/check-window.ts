import type { Output } from '../../../main/api/contract.ts';
import { findChromium } from '../../e2e/chromium.ts';
import { type BrowserWindow, openBrowserWindow } from './browser-window.ts';
import type { CommandLine } from './command-line.ts';
import type { KubeClient } from './kube-client.ts';
import type { Steps } from './steps.ts';

/** The main job by the switches of the window. Two clusters that are not connected when it begins, nor when it ends. */
export async function checkWindow(options: {
  readonly steps: Steps;
  readonly commandLine: CommandLine;
  readonly kube: KubeClient;
  readonly clusters: readonly [string, string];
}): Promise<void> {
  const { steps, commandLine, kube, clusters } = options;
  const [first, second] = clusters;
  const expect = (truth: boolean, what: string) => {
    if (!truth) throw new Error(what);
  };
  const ports = async () => {
    const { tunnels } = await commandLine.tunnels<{
      readonly tunnels: readonly (Output<'snapshot'>['tunnels'][number] & { readonly title: string })[];
    }>('status');
    return new Map(tunnels.map(({ title, port = 0 }) => [title, port]));
  };
  const executable = await findChromium();
  if (executable === undefined) {
    steps.skip('the window and its switches', 'no Chromium: set K8S_TUNNELS_CHROMIUM');
    return;
  }
  let opened: BrowserWindow | undefined;
  await steps.run('the window opens, in a browser', async () => {
    opened = await openBrowserWindow({ commandLine, executable });
    await Promise.all(clusters.map(opened.showsOff));
    return 'its clusters are listed';
  });
  const window = opened;
  if (window === undefined) return;
  try {
    await steps.run('two clusters are checked on by their switches', async () => {
      await window.press(first);
      await window.press(second);
      await Promise.all(clusters.map((title) => window.showsConnected(title)));
      const open = await ports();
      for (const title of clusters) await window.showsPort(title, open.get(title) ?? 0);
      const [a, b] = await Promise.all(clusters.map((title) => kube.namespaces(title)));
      expect(a?.includes('payments-staging') === true && b?.includes(second) === true, `${a} and ${b}`);
      return clusters.map((title) => `${title} shows :${open.get(title)}`).join(', ');
    });
    await steps.run('one is checked off', async () => {
      await window.press(second);
      await window.showsOff(second);
      const open = await ports();
      expect(open.has(first) && !open.has(second), [...open.keys()].join(', '));
      const names = await kube.namespaces(first);
      return `${kube.name} reads ${names.length} namespaces of the other`;
    });
    await steps.run(`${kube.name} alone opens it again; the window shows it`, async () => {
      const names = await kube.namespaces(second);
      await window.showsConnected(second);
      return `${names.length} namespaces`;
    });
    await steps.run('the command line disconnects both; the window shows it', async () => {
      await commandLine.tunnels('disconnect', ...clusters);
      await Promise.all(clusters.map((title) => window.showsOff(title)));
      return '';
    });
  } finally {
    await window.close();
  }
}
