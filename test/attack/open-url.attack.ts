import { chmod, readFile, writeFile } from 'node:fs/promises';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { builtProgram, type Home, makeHome, runCli, startCli } from '../cli/run-cli.ts';
import { ledTo } from '../world/person/led-to.ts';
import { otherUser } from './other-user.ts';

// What a sign-in hands to the browser, with a Vault of the test's own that says where to sign in.

let home: Home;
let endings: (() => Promise<unknown>)[];
beforeEach(async () => {
  home = await makeHome();
  endings = [];
});
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end();
  await runCli(['quit'], { env: home.env, program: builtProgram });
  await home.remove();
});

/** The environment of an account whose Vault answers with this address, and whose browser only notes what it is given. */
async function accountWith(signIn: string) {
  const vault = http.createServer((request, response) => {
    request.resume();
    response.setHeader('content-type', 'application/json');
    if (request.url?.endsWith('/oidc/auth_url')) response.end(JSON.stringify({ data: { auth_url: signIn } }));
    else response.writeHead(403).end('{"errors":["permission denied"]}');
  });
  await new Promise<void>((resolve) => vault.listen(0, '127.0.0.1', resolve));
  endings.push(async () => {
    vault.closeAllConnections();
    vault.close();
  });
  const browser = path.join(home.paths.home, 'browser-that-stays');
  const log = path.join(home.paths.home, 'given');
  await writeFile(browser, `#!/bin/sh\necho "$@" >> '${log}'\nsleep 20\n`);
  await chmod(browser, 0o755);
  const { port } = vault.address() as AddressInfo;
  const env = { ...home.env, VAULT_ADDR: `http://127.0.0.1:${port}`, BROWSER: browser };
  return { env, given: () => readFile(log, 'utf8').catch(() => '') };
}

/** Prints the arguments of the first program of anybody whose arguments hold the word. */
const watcher = `
import { readdirSync, readFileSync } from 'node:fs';
const word = process.argv[1];
for (const end = Date.now() + 20_000; Date.now() < end; ) {
  for (const pid of readdirSync('/proc').filter((name) => /^[0-9]+$/.test(name) && name !== String(process.pid))) {
    try {
      const line = readFileSync('/proc/' + pid + '/cmdline', 'utf8');
      if (line.includes(word)) { console.log(line.split('\\0').join(' ')); process.exit(); }
    } catch {}
  }
  await new Promise((resolve) => setTimeout(resolve, 20));
}`;

test('another account that reads the arguments of programs learns no address to sign in at', async (context) => {
  const other = await otherUser(context);
  endings.push(() => other.close());
  await chmod(home.paths.home, 0o755);
  const signIn = 'https://issuer.example/auth?client_id=c&state=st-SECRET&nonce=no-SECRET&copy=1';
  const { env, given } = await accountWith(signIn);
  // A name of this test: another run of it may have a browser too.
  const watching = other.node(watcher, [env.BROWSER]);
  const login = startCli(['login', 'vault'], { env, program: builtProgram });
  endings.push(async () => {
    login.child.kill('SIGKILL');
    await login.done;
  });
  const seen = String((await watching).stdout);
  expect(seen).toMatch(/file:\/\/\S+/);
  expect(seen).not.toContain('SECRET');
  const [page = ''] = /file:\S+/.exec(seen) ?? [];
  const read = await other.run('cat', [fileURLToPath(page)]);
  expect(read).toMatchObject({ failed: true, stdout: '' });
  // The user's own browser gets there.
  await vi.waitFor(async () => expect(await given()).not.toBe(''));
  expect(ledTo((await given()).trim())).toBe(signIn);
});

test.each([
  'file:///etc/passwd?state=x',
  'javascript:alert(1)?state=x',
  'http://evil.example/auth?state=x',
  'https://issuer.example@evil.example/auth?state=x',
])('a Vault that sends the browser to %s is refused, and no browser starts', async (hostile) => {
  const { env, given } = await accountWith(hostile);
  const login = await runCli(['login', 'vault', '--json'], { env, program: builtProgram });
  expect(JSON.parse(login.stdout)).toMatchObject({ error: { code: 'url-refused' } });
  expect(login.code).not.toBe(0);
  expect(await given()).toBe('');
});
