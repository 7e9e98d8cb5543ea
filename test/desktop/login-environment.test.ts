import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type Environment, silentLogger } from '../../main/agent/parts.ts';
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

const ask = (env: Environment, limitMs?: number) =>
  loginEnvironment(env, { logger: silentLogger, ...(limitMs === undefined ? {} : { limitMs }) });

describe.skipIf(process.platform === 'win32')('the environment of a start from the dock', () => {
  const bash = () => ({ HOME: folder, PATH: process.env.PATH, SHELL: '/bin/bash', KEPT: 'yes' });

  test("is the login shell's, whatever its start-up files print", async () => {
    await writeFile(
      path.join(folder, '.bash_profile'),
      "echo Welcome; export KUBECONFIG='/a b/config' MULTI=$'two\\nlines' PATH=\"/opt/tools:$PATH\"\n",
    );
    const { env, warning } = await ask(bash());
    expect(warning).toBeUndefined();
    expect(env).toMatchObject({ KUBECONFIG: '/a b/config', MULTI: 'two\nlines', KEPT: 'yes' });
    expect(env.PATH).toMatch(/^\/opt\/tools:/);
    expect(env.TERM).toBeUndefined();
    expect(env.SHLVL).toBeUndefined();
  });

  test('of a profile that takes 2.5 s is waited for', async () => {
    await writeFile(path.join(folder, '.bash_profile'), 'sleep 2.5; export AWS_PROFILE=work\n');
    const { env, warning } = await ask(bash());
    expect(env).toMatchObject({ AWS_PROFILE: 'work' });
    expect(warning).toBeUndefined();
  });

  test.each([
    ['exec sh', 0],
    ['exit 1', 1],
  ])(
    'of a profile that says `%s` is that of the shell without it, and is reported with the cure',
    async (line, code) => {
      await writeFile(path.join(folder, '.bash_profile'), `export LOST=1; ${line}\n`);
      await writeFile(path.join(folder, '.bashrc'), 'export AWS_PROFILE=work\n');
      const { env, warning } = await ask(bash());
      expect(env).toMatchObject({ AWS_PROFILE: 'work', KEPT: 'yes' });
      expect(warning).toContain(`\`/bin/bash -i -l\` ended in its start-up files (exit code ${code})`);
      expect(warning).toContain('What it sets as `/bin/bash -i` counts');
      expect(warning).toContain('`k8s-tunnels settings environmentFile FILE`');
    },
  );

  test('of a shell without -l is asked without it', async () => {
    const script = '[ "$1 $2" = "-i -c" ] || exit 2; export AWS_PROFILE=work; eval "$3"';
    const { env, warning } = await ask({ HOME: folder, PATH: process.env.PATH, SHELL: await shell(script) });
    expect(env).toMatchObject({ AWS_PROFILE: 'work' });
    expect(warning).toContain('-i -l` ended in its start-up files (exit code 2)');
  });

  test('of an empty SHELL is that of the account', async () => {
    const { env } = await ask({ ...bash(), SHELL: '' });
    expect(env.SHELL).toBe(userInfo().shell);
    expect(env.KEPT).toBe('yes');
  });

  test('stays what it is in a terminal', async () => {
    const before = { TERM: 'xterm', SHELL: await shell('touch "$HOME/ran"'), HOME: folder };
    expect((await ask(before)).env).toBe(before);
    await expect(readFile(path.join(folder, 'ran'))).rejects.toThrow();
  });

  test.each([
    ['fails', 'exit 3', 'exit code 3'],
    ['prints no answer', 'echo hello', 'exit code 0'],
  ])('stays what it is when the shell %s, which is reported', async (_how, script, why) => {
    const before = { HOME: folder, PATH: process.env.PATH, SHELL: await shell(script) };
    const { env, warning } = await ask(before);
    expect(env).toBe(before);
    expect(warning).toContain(why);
  });

  test('stays what it is when the shell hangs, which leaves no process and is reported', async () => {
    const script = `sleep 600 & echo $! > '${folder}/pid'; wait`;
    const before = { HOME: folder, PATH: process.env.PATH, SHELL: await shell(script) };
    const { env, warning } = await ask(before, 300);
    expect(env).toBe(before);
    expect(warning).toMatch(/did not finish its start-up files within 0\.3 s\. PATH, .* may be missing/);
    const pid = Number(await readFile(path.join(folder, 'pid'), 'utf8'));
    // The system's init takes the dead one in.
    await vi.waitFor(async () => {
      const status = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '(sleep) Z');
      expect(status).toMatch(/\) Z/);
    });
  });

  test('stays what it is when there is no such shell', async () => {
    const before = { HOME: folder, SHELL: path.join(folder, 'absent') };
    const { env, warning } = await ask(before);
    expect(env).toBe(before);
    expect(warning).toContain('could not be started');
  });
});
