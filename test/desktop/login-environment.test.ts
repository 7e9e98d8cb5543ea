import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { silentLogger } from '../../main/agent/parts.ts';
import { loginEnvironment } from '../../main/desktop/login-environment.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'k8s-tunnels-shell-'));
});
afterEach(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));

async function shell(script: string): Promise<string> {
  const file = path.join(folder, 'shell');
  await writeFile(file, `#!/bin/bash\n${script}\n`, { mode: 0o755 });
  return file;
}

describe.skipIf(process.platform === 'win32')('the environment of a start from the dock', () => {
  test("is the login shell's, whatever its start-up files print", async () => {
    await writeFile(
      path.join(folder, '.bash_profile'),
      "echo Welcome; export KUBECONFIG='/a b/config' MULTI=$'two\\nlines' PATH=\"/opt/tools:$PATH\"\n",
    );
    const before = { HOME: folder, PATH: process.env.PATH, SHELL: '/bin/bash', KEPT: 'yes' };
    const env = await loginEnvironment(before, { logger: silentLogger });
    expect(env).toMatchObject({ KUBECONFIG: '/a b/config', MULTI: 'two\nlines', KEPT: 'yes' });
    expect(env.PATH).toMatch(/^\/opt\/tools:/);
    expect(env.TERM).toBeUndefined();
    expect(env.SHLVL).toBeUndefined();
  });

  test('stays what it is in a terminal', async () => {
    const before = { TERM: 'xterm', SHELL: await shell('touch "$HOME/ran"'), HOME: folder };
    expect(await loginEnvironment(before, { logger: silentLogger })).toBe(before);
    await expect(readFile(path.join(folder, 'ran'))).rejects.toThrow();
  });

  test.each([
    ['fails', 'exit 3'],
    ['prints no answer', 'echo hello'],
  ])('stays what it is when the shell %s', async (_how, script) => {
    const before = { HOME: folder, PATH: process.env.PATH, SHELL: await shell(script) };
    expect(await loginEnvironment(before, { logger: silentLogger })).toBe(before);
  });

  test('stays what it is when the shell hangs, which leaves no process', async () => {
    const script = `sleep 600 & echo $! > '${folder}/pid'; wait`;
    const before = { HOME: folder, PATH: process.env.PATH, SHELL: await shell(script) };
    expect(await loginEnvironment(before, { logger: silentLogger, limitMs: 300 })).toBe(before);
    const pid = Number(await readFile(path.join(folder, 'pid'), 'utf8'));
    // The system's init takes the dead one in.
    await vi.waitFor(async () => {
      const status = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '(sleep) Z');
      expect(status).toMatch(/\) Z/);
    });
  });

  test('stays what it is when there is no such shell', async () => {
    const before = { HOME: folder, SHELL: path.join(folder, 'absent') };
    expect(await loginEnvironment(before, { logger: silentLogger })).toBe(before);
  });
});
