import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { startTerminal, terminalInvocation } from '../../../main/agent/terminals/terminal-app.ts';

const words = ['/opt/k8s tunnels/k8s-tunnels', 'shell', "eks/1/eu/it's $(touch pwned)"];
const display = { DISPLAY: ':0' };
const invocation = (options: Partial<Parameters<typeof terminalInvocation>[0]> = {}) =>
  terminalInvocation({
    setting: [],
    words,
    env: display,
    home: '/',
    platform: 'linux',
    find: async (name) => (name === 'konsole' || name === 'xterm' ? `/usr/bin/${name}` : undefined),
    ...options,
  });

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'app-'));
});
afterEach(() => rm(folder, { recursive: true }));

test('the first known app of the computer gets the words as they are: no shell reads them', async () => {
  expect(await invocation()).toEqual({ program: '/usr/bin/konsole', args: ['-e', ...words] });
  expect(await invocation({ env: { ...display, TERMINAL: 'xterm' } })).toEqual({
    program: '/usr/bin/xterm',
    args: ['-e', ...words],
  });
});

test('the setting names another one, with its arguments', async () => {
  const find = async (name: string) => name;
  expect(await invocation({ setting: ['wezterm'], find })).toEqual({
    program: 'wezterm',
    args: ['start', '--', ...words],
  });
  expect(await invocation({ setting: ['my-term', '--run', '--'], find })).toEqual({
    program: 'my-term',
    args: ['--run', '--', ...words],
  });
  await expect(invocation({ setting: ['not-there'] })).rejects.toMatchObject({
    code: 'file-unreadable',
    message: expect.stringContaining('not-there'),
    hint: expect.stringContaining('k8s-tunnels settings terminal'),
  });
});

test('on macOS the script gets one quoted text as its argument, not as a part of the script', async () => {
  const { program, args } = await invocation({ platform: 'darwin', env: {} });
  expect(program).toBe('/usr/bin/osascript');
  expect(args.at(-1)).toBe(`'/opt/k8s tunnels/k8s-tunnels' shell 'eks/1/eu/it'\\''s $(touch pwned)'`);
  expect(args.slice(0, -1).join(' ')).not.toContain('pwned');
});

test('on Windows it is Windows Terminal, else the console', async () => {
  const there = (name: string) => async (wanted: string) => (wanted === name ? `C:\\${name}` : undefined);
  expect(await invocation({ platform: 'win32', find: there('wt.exe') })).toEqual({
    program: 'C:\\wt.exe',
    args: ['new-tab', ...words],
  });
  expect(await invocation({ platform: 'win32', find: there('conhost.exe') })).toEqual({
    program: 'C:\\conhost.exe',
    args: words,
  });
});

test('without a display, or without an app, it says what to do', async () => {
  await expect(invocation({ env: {} })).rejects.toMatchObject({
    code: 'file-unreadable',
    hint: expect.stringContaining('k8s-tunnels shell'),
  });
  await expect(invocation({ find: async () => undefined })).rejects.toMatchObject({
    code: 'file-unreadable',
  });
});

test('it is started with its words, and not waited for', async () => {
  const program = path.join(folder, 'app');
  await writeFile(
    program,
    `#!/bin/sh\nfor word; do printf '<%s>' "$word"; done > '${folder}/got'\nsleep 5\n`,
  );
  await chmod(program, 0o755);
  await startTerminal({ program, args: ['-e', ...words] }, { PATH: '/usr/bin:/bin' });
  await vi.waitFor(async () =>
    expect(await readFile(path.join(folder, 'got'), 'utf8')).toBe(
      ['-e', ...words].map((word) => `<${word}>`).join(''),
    ),
  );
  await expect(startTerminal({ program: '/not/there', args: [] }, {})).rejects.toMatchObject({
    code: 'file-unreadable',
  });
});
