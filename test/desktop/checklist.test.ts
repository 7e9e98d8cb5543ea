import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, type TestContext, test, vi } from 'vitest';
import { parse } from 'yaml';
import { type IpcEvent, serveIpc } from '../../main/api/ipc/serve.ts';
import { pageHeaders } from '../../main/api/web/page-headers.ts';
import { desktopFixture } from './desktop-fixture.ts';
import type { DoubleDriver } from './double-driver.ts';

const root = path.resolve(import.meta.dirname, '..', '..');

/** All code of the app, as it is written. */
async function sources(...folders: readonly string[]): Promise<readonly (readonly [string, string])[]> {
  const names = await Promise.all(
    folders.map(async (folder) =>
      (await readdir(path.join(root, folder), { recursive: true }))
        .filter((name) => /\.(tsx?|html)$/.test(name))
        .map((name) => path.join(folder, name)),
    ),
  );
  return Promise.all(
    names.flat().map(async (name) => [name, await readFile(path.join(root, name), 'utf8')] as const),
  );
}

/** Each item by the name and number that https://www.electronjs.org/docs/latest/tutorial/security gives it. */
describe("Electron's security checklist", () => {
  const desktop = desktopFixture({ lasts: 'group' });
  let started: Promise<DoubleDriver> | undefined;
  const appOf = (context: TestContext): Promise<DoubleDriver> => {
    started ??= desktop.of(context).start();
    return started;
  };
  const preferences = async (context: TestContext) => {
    const app = await appOf(context);
    await app.page();
    const all = (await app.ask('webPreferences')) as readonly Record<string, unknown>[];
    expect(all).toHaveLength(1);
    return all[0] ?? {};
  };
  const policy = pageHeaders['Content-Security-Policy'] ?? '';

  test('1. Only load secure content', async (context) => {
    const page = await (await appOf(context)).page();
    await page.locator('body *').first().waitFor();
    const loaded = await page.evaluate(() =>
      [...document.querySelectorAll('script, link, img')].map(
        (part) => new URL(part.getAttribute('src') ?? part.getAttribute('href') ?? '', location.href).href,
      ),
    );
    expect(loaded.length).toBeGreaterThan(0);
    for (const address of [page.url(), ...loaded])
      expect(address).toMatch(/^https:\/\/k8s-tunnels\.app\.test\//);
    for (const [name, text] of await sources('renderer', 'preload')) {
      const plain = text.match(/['"`]http:\/\/[^'"`]*/g) ?? [];
      expect([name, plain.filter((one) => !one.includes('www.w3.org'))]).toEqual([name, []]);
    }
  });

  test('2. Do not enable Node.js integration for remote content', async (context) => {
    expect(await preferences(context)).toMatchObject({ nodeIntegration: false });
    const page = await (await appOf(context)).page();
    const reach = await page.evaluate(() =>
      ['require', 'process', 'module', 'Buffer', 'global'].filter((name) => Reflect.has(globalThis, name)),
    );
    expect(reach).toEqual([]);
  });

  test('3. Enable context isolation', async (context) => {
    expect(await preferences(context)).toMatchObject({ contextIsolation: true });
  });

  test('4. Enable process sandboxing', async (context) => {
    expect(await preferences(context)).toMatchObject({ sandbox: true });
    const main = await readFile(path.join(root, 'main/desktop/desktop.ts'), 'utf8');
    expect(main).toContain('app.enableSandbox()');
  });

  test('5. Handle session permission requests from remote content', async (context) => {
    const app = await appOf(context);
    for (const permission of [
      'media',
      'geolocation',
      'notifications',
      'midi',
      'openExternal',
      'clipboard-read',
    ])
      for (const url of ['app://k8s-tunnels/', 'https://attacker.example/'])
        expect(await app.ask('isGranted', [permission, url])).toEqual({ request: false, check: false });
  });

  test('6. Do not disable webSecurity', async (context) => {
    expect(await preferences(context)).not.toHaveProperty('webSecurity');
  });

  test('7. Define a Content-Security-Policy', async (context) => {
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self'");
    expect(policy).toContain("style-src 'self'");
    expect(policy).not.toMatch(/unsafe|\*|https?:/);
    const page = await (await appOf(context)).page();
    const answer = await page.reload();
    expect(answer?.headers()['content-security-policy']).toBe(policy);
  });

  test('8. Do not enable allowRunningInsecureContent', async (context) => {
    expect(await preferences(context)).not.toHaveProperty('allowRunningInsecureContent');
  });

  test('9. Do not enable experimental features', async (context) => {
    expect(await preferences(context)).not.toHaveProperty('experimentalFeatures');
  });

  test('10. Do not use enableBlinkFeatures', async (context) => {
    expect(await preferences(context)).not.toHaveProperty('enableBlinkFeatures');
  });

  test('11. Do not use allowpopups for WebViews', async (context) => {
    expect(await preferences(context)).toMatchObject({ webviewTag: false });
    for (const [name, text] of await sources('renderer'))
      expect([name, /<webview/.test(text)]).toEqual([name, false]);
  });

  test('12. Verify WebView options before creation', async (context) => {
    const app = await appOf(context);
    expect(await app.ask('isPrevented', 'will-attach-webview')).toBe(true);
  });

  test('13. Disable or limit navigation', async (context) => {
    const app = await appOf(context);
    expect(await app.ask('isPrevented', 'will-navigate')).toBe(true);
  });

  test('14. Disable or limit creation of new windows', async (context) => {
    const app = await appOf(context);
    const page = await app.page();
    const before = page.context().pages().length;
    await page.evaluate(() => window.open('https://docs.example/guide'));
    await vi.waitFor(async () => expect(await app.ask('opened')).toContain('https://docs.example/guide'));
    expect(page.context().pages()).toHaveLength(before);
  });

  test('15. Do not use shell.openExternal with untrusted content', async (context) => {
    const app = await appOf(context);
    const page = await app.page();
    const before = (await app.ask('opened')).length;
    await page.evaluate(() => {
      for (const url of [
        'http://docs.example/',
        'file:///etc/passwd',
        'smb://host/x',
        'https://u:p@docs.example/',
      ])
        window.open(url);
      window.open('https://docs.example/last');
    });
    await vi.waitFor(async () => expect((await app.ask('opened')).length).toBe(before + 1));
    expect((await app.ask('opened')).at(-1)).toBe('https://docs.example/last');
    const callers = (await sources('main/desktop')).filter(([, text]) =>
      text.includes('shell.openExternal('),
    );
    expect(callers.map(([name]) => name)).toEqual(['main/desktop/external-link.ts']);
  });

  test('16. Use a current version of Electron', async () => {
    const manifest = JSON.parse(await readFile(path.join(root, 'package.json'), 'utf8')) as {
      devDependencies: Record<string, string>;
    };
    const [major = ''] = (manifest.devDependencies.electron ?? '').split('.');
    // Three majors are supported at a time; this one was current when it was pinned.
    expect(Number(major)).toBeGreaterThanOrEqual(45);
  });

  test('17. Validate the sender of all IPC messages', () => {
    const heard: string[] = [];
    const listeners = new Map<string, (event: IpcEvent, message?: unknown) => void>();
    const sender = { id: 1, send: () => {}, isDestroyed: () => false, once: () => {} };
    serveIpc({
      ipc: { on: (channel, listener) => listeners.set(channel, listener) },
      origin: 'app://k8s-tunnels',
      openChannel: async () => {
        heard.push('opened');
        return { send: () => {}, close: () => {} };
      },
      logger: { warn: () => {} },
    });
    expect(listeners.size).toBeGreaterThan(0);
    for (const listener of listeners.values())
      for (const senderFrame of [
        null,
        { url: 'https://attacker.example/', parent: null },
        { url: 'app://k8s-tunnels.attacker/', parent: null },
        { url: 'file:///app', parent: null },
        { url: 'app://k8s-tunnels/', parent: {} },
      ])
        listener({ sender, senderFrame }, { id: 1, subscribe: true });
    expect(heard).toEqual([]);
    for (const listener of listeners.values())
      listener(
        { sender, senderFrame: { url: 'app://k8s-tunnels/', parent: null } },
        { id: 1, subscribe: true },
      );
    expect(heard).toEqual(['opened']);
  });

  test('18. Avoid usage of the file:// protocol and prefer usage of custom protocols', async () => {
    for (const [name, text] of await sources('main/desktop', 'renderer', 'preload')) {
      expect([name, /loadFile\(|['"`]file:/.test(text)]).toEqual([name, false]);
    }
  });

  test('19. Check which fuses you can change', async () => {
    const { electronFuses } = parse(await readFile(path.join(root, 'electron-builder.yml'), 'utf8')) as {
      electronFuses: Record<string, boolean>;
    };
    // Beside the fuses stands how they are flipped.
    const { resetAdHocDarwinSignature, ...fuses } = electronFuses;
    expect(resetAdHocDarwinSignature).toBe(true);
    expect(fuses).toEqual({
      runAsNode: false,
      enableCookieEncryption: true,
      enableNodeOptionsEnvironmentVariable: false,
      enableNodeCliInspectArguments: false,
      enableEmbeddedAsarIntegrityValidation: true,
      onlyLoadAppFromAsar: true,
      grantFileProtocolExtraPrivileges: false,
    });
  });

  test('20. Do not expose Electron APIs to untrusted web content', async (context) => {
    const page = await (await appOf(context)).page();
    const bridge = await page.evaluate(() =>
      Object.entries(window.k8sTunnels ?? {}).map(([name, part]) => [
        name,
        typeof part,
        (part as object) === part,
      ]),
    );
    expect(bridge.map(([name, kind]) => [name, kind])).toEqual([
      ['send', 'function'],
      ['onMessage', 'function'],
      ['onEnd', 'function'],
    ]);
    const preload = await readFile(path.join(root, 'preload/index.ts'), 'utf8');
    // No channel that a page names, and no event that would lead to its sender.
    expect(preload.match(/ipcRenderer\.\w+\((?!channels\.|channel\b)/g)).toBeNull();
    expect(preload).toContain('(_event: unknown, message: AgentMessage) => listener(message)');
  });
});
