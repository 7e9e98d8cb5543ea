import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  type VaultTokenStore,
  vaultToken,
  vaultTokenStore,
} from '../../../../main/agent/providers/vault/token.ts';

let home: string;
let helper: string;
beforeEach(async () => {
  home = await mkdtemp(path.join(tmpdir(), 'vault-token-'));
  helper = path.join(home, 'helper.sh');
});
afterEach(() => rm(home, { recursive: true, force: true }));

const script = (text: string) => writeFile(helper, `#!/bin/sh\n${text}\n`, { mode: 0o755 });
const config = (text: string) => writeFile(path.join(home, '.vault'), text);
const env = () => ({ PATH: process.env.PATH, HOME: home, VAULT_ADDR: 'https://vault.example.com' });
const token = () => vaultToken({ env: env(), home });

describe.skipIf(process.platform === 'win32')('a token helper', () => {
  beforeEach(() => config(`token_helper = "${path.join(home, 'helper.sh')}"\n`));

  test('gives the token, and the one in ~/.vault-token does not count', async () => {
    await script('[ "$1" = get ] && cat $HOME/.kept-token\nexit 0');
    await writeFile(path.join(home, '.kept-token'), 'of-the-helper\n');
    await writeFile(path.join(home, '.vault-token'), 'of-the-file');
    expect(await token()).toBe('of-the-helper');
    expect(await vaultToken({ env: { ...env(), VAULT_TOKEN: 'of-the-shell' }, home })).toBe('of-the-shell');
  });

  test('is given a token to store on its stdin, and erases it', async () => {
    await script(
      'case "$1" in get) cat $HOME/held 2>/dev/null;; store) cat > $HOME/held;; erase) rm $HOME/held;; esac; exit 0',
    );
    const store: VaultTokenStore = await vaultTokenStore({ env: env(), home });
    await store.store('a-new-token');
    expect(await readFile(path.join(home, 'held'), 'utf8')).toBe('a-new-token');
    expect(await store.read()).toBe('a-new-token');
    await store.erase();
    expect(await store.read()).toBe('');
  });

  test('knows the address of the Vault', async () => {
    await script('echo "for-$VAULT_ADDR"');
    expect(await token()).toBe('for-https://vault.example.com');
  });

  test('without a token is named', async () => {
    await script('exit 0');
    await expect(token()).rejects.toMatchObject({
      code: 'vault-no-token',
      message: expect.stringContaining(`the token helper ${helper}`),
      hint: expect.stringContaining('k8s-tunnels login vault'),
    });
  });

  test.each([
    ['fails', 'echo "keychain is locked" >&2; exit 3', /exit code 3; it last wrote "keychain is locked"/],
    ['hangs', 'sleep 60', /did not end within 0\.3 s/],
  ])('that %s is named, with its last words', async (_how, text, message) => {
    await script(text);
    const limited = { ...env(), K8S_TUNNELS_PROGRAM_LIMIT_SECONDS: '0.3' };
    await expect(vaultToken({ env: limited, home })).rejects.toMatchObject({
      code: 'vault-failed',
      message: expect.stringMatching(message),
      hint: expect.stringContaining(path.join(home, '.vault')),
    });
  });

  test('that other accounts may change is not run', async () => {
    await script('echo stolen');
    await chmod(helper, 0o777);
    await expect(token()).rejects.toMatchObject({
      code: 'vault-failed',
      message: expect.stringContaining('may be changed by other accounts'),
    });
  });

  test('that is not there is named', async () => {
    await expect(token()).rejects.toMatchObject({
      code: 'vault-failed',
      message: expect.stringMatching(/helper\.sh of Vault, named by .*\.vault, could not be started/),
    });
  });
});

describe.skipIf(process.platform === 'win32')('the configuration of the vault command', () => {
  test.each([
    ['HCL', (file: string) => `# a comment\n  token_helper   =   "${file}" // the keychain\n`],
    ['HCL after a byte order mark', (file: string) => `\uFEFFtoken_helper = "${file}"`],
    ['JSON', (file: string) => `{"token_helper": "${file}"}`],
    ['JSON in lines', (file: string) => `{\n  "token_helper": "${file}"\n}\n`],
  ])('is read as %s', async (_form, text) => {
    await script('echo found');
    await config(text(helper));
    expect(await token()).toBe('found');
  });

  test.each(['', '# token_helper = "/bin/false"\n', 'token_helper = ""\n', '// token_helper = "/bin/false"'])(
    '%j names no helper',
    async (text) => {
      await config(text);
      await writeFile(path.join(home, '.vault-token'), 'of-the-file\n');
      expect(await token()).toBe('of-the-file');
    },
  );

  test('VAULT_CONFIG_PATH names another one, which must be there', async () => {
    await script('echo found');
    await writeFile(path.join(home, 'other'), `token_helper = "${helper}"`);
    const at = (file: string) =>
      vaultToken({ env: { ...env(), VAULT_CONFIG_PATH: path.join(home, file) }, home });
    expect(await at('other')).toBe('found');
    await expect(at('absent')).rejects.toMatchObject({ code: 'file-unreadable' });
  });

  test('a helper without its whole path is refused, with how to write it', async () => {
    await config('token_helper = "helper.sh"');
    await expect(token()).rejects.toMatchObject({
      code: 'bad-input',
      message: expect.stringContaining(path.join(home, '.vault')),
      hint: expect.stringContaining('the whole path of the program'),
    });
  });
});
