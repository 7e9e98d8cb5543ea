import { mkdir } from 'node:fs/promises';
import { execa } from 'execa';

/** A key of gpg that signs, made for a test in a folder of its own. */
export async function signingKey(home: string): Promise<{ readonly home: string; readonly key: string }> {
  await mkdir(home, { recursive: true, mode: 0o700 });
  const gpg = (...args: readonly string[]) =>
    execa('gpg', ['--homedir', home, '--batch', '--quiet', ...args]);
  await gpg(
    '--passphrase',
    '',
    '--quick-generate-key',
    'Acme packages <packages@acme.example>',
    'ed25519',
    'sign',
    'never',
  );
  const { stdout } = await gpg('--with-colons', '--list-secret-keys');
  const key = /^fpr:+([0-9A-F]{40}):/m.exec(stdout)?.[1];
  if (key === undefined) throw new Error(`gpg made no key: ${stdout}`);
  await execa('gpgconf', ['--homedir', home, '--kill', 'all']);
  return { home, key };
}
