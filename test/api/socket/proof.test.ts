import { createHmac } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isProof, newNonce, proofOf, readSecret, secretFile } from '../../../main/api/socket/proof.ts';

it('is the HMAC-SHA-256 of who proves and of both nonces', () => {
  const secret = 'a'.repeat(64);
  const wanted = createHmac('sha256', secret).update('agent:n1:n2').digest('hex');
  expect(proofOf(secret, 'agent', 'n1', 'n2')).toBe(wanted);
  expect(proofOf(secret, 'client', 'n1', 'n2')).not.toBe(wanted);
});

it('answers nonces of 16 bytes, no two alike', () => {
  const nonces = Array.from({ length: 100 }, newNonce);
  expect(new Set(nonces).size).toBe(100);
  for (const nonce of nonces) expect(nonce).toMatch(/^[0-9a-f]{32}$/);
});

it('takes no nonce from a file in the place of the system’s generator, and on Windows opens none', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'nonce-'));
  const chosen = path.join(folder, 'urandom');
  await writeFile(chosen, Buffer.alloc(1_024, 'x'));
  // As on a Windows where another account made C:\dev\urandom; and as with a file there on another system.
  const source = `
    import fs from 'node:fs';
    import { syncBuiltinESMExports } from 'node:module';
    const { openSync } = fs;
    fs.openSync = (file, ...more) => {
      if (file !== '/dev/urandom') return openSync(file, ...more);
      return openSync(process.argv[1], ...more);
    };
    syncBuiltinESMExports();
    if (process.argv[2] === 'win32') Object.defineProperty(process, 'platform', { value: 'win32' });
    const { newNonce } = await import(process.argv[3]);
    console.log(JSON.stringify({ nonces: [newNonce(), newNonce()] }));
  `;
  try {
    for (const platform of ['linux', 'win32']) {
      const { stdout } = await execa(process.execPath, [
        ...['--input-type=module', '--eval', source],
        ...['--', chosen, platform, path.resolve('main/api/socket/proof.ts')],
      ]);
      const { nonces } = JSON.parse(stdout) as { nonces: readonly [string, string] };
      expect(nonces[0]).toMatch(/^[0-9a-f]{32}$/);
      expect(nonces[0]).not.toBe(nonces[1]);
      expect(nonces).not.toContain('78'.repeat(16));
    }
  } finally {
    await rm(folder, { recursive: true });
  }
});

it('takes nothing but the whole right text for a proof', () => {
  const right = proofOf('s', 'client', 'n1', 'n2');
  expect(isProof(right, right)).toBe(true);
  for (const wrong of [
    '',
    right.slice(1),
    `${right}0`,
    right.toUpperCase(),
    `0${right.slice(1)}`,
    7,
    null,
    [right],
  ])
    expect(wrong !== right && isProof(wrong, right)).toBe(false);
});

describe('the secret', () => {
  let state: string;
  beforeEach(async () => {
    state = await mkdtemp(path.join(tmpdir(), 'secret-'));
  });
  afterEach(() => rm(state, { recursive: true }));

  it.each([
    ['a folder', () => mkdir(secretFile(state))],
    ['longer than any', () => writeFile(secretFile(state), 'x'.repeat(2_000))],
    ['a pipe that nobody writes to', () => execa('/usr/bin/mkfifo', [secretFile(state)])],
  ])('is not read from what is %s', async (_, make) => {
    await make();
    expect(() => readSecret(state)).toThrow(expect.objectContaining({ code: 'file-invalid' }));
  });
});
