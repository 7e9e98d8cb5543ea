import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { silentLogger } from '../../../main/agent/parts.ts';
import { createPorts, derivedPort } from '../../../main/agent/tunnels/ports.ts';
import { clusterId } from '../../../main/model/cluster.ts';

const id = (name: string) => clusterId('eks', '111122223333', 'eu-west-1', name);
/** Two ids whose derived ports are the same. */
function twins() {
  const seen = new Map<number, ReturnType<typeof id>>();
  for (let at = 0; ; at++) {
    const next = id(`cluster-${at}`);
    const before = seen.get(derivedPort(next));
    if (before !== undefined) return [before, next] as const;
    seen.set(derivedPort(next), next);
  }
}

describe('ports', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'ports-'));
  });
  afterEach(() => rm(folder, { recursive: true }));
  const open = () => createPorts({ folder, logger: silentLogger, renew: false });

  it('derives the same port everywhere, below the ephemeral ranges, and remembers it with its password', async () => {
    const local = await (await open()).assign(id('a'));
    expect(local.port).toBe(derivedPort(id('a')));
    expect(local.port).toBeGreaterThanOrEqual(20_000);
    expect(local.port).toBeLessThan(32_000);
    expect(local.credentials.password).toMatch(/^[A-Za-z0-9]{40}$/);
    expect(await (await open()).assign(id('a'))).toEqual(local);
    expect((await stat(path.join(folder, 'ports.json'))).mode & 0o777).toBe(0o600);
    expect((await (await open()).assign(id('b'))).credentials.password).not.toBe(local.credentials.password);
  });

  it('gives the next port where two clusters derive the same', async () => {
    const [first, second] = twins();
    const ports = await open();
    const [a, b] = await Promise.all([ports.assign(first), ports.assign(second)]);
    expect(b.port).toBe(a.port + 1);
    expect(await (await open()).assign(second)).toEqual(b);
  });

  it('moves past a taken port with a new password, and stays there', async () => {
    const [first, second] = twins();
    const ports = await open();
    const a = await ports.assign(first);
    const b = await ports.assign(second);
    const moved = await ports.move(first, a.port);
    expect(moved.port).toBe(b.port + 1);
    expect(moved.credentials.password).not.toBe(a.credentials.password);
    expect(await (await open()).assign(first)).toEqual(moved);
    expect((await ports.move(first, 31_999)).port).toBe(20_000);
  });

  it('goes on at the first port after the last one', async () => {
    const last = { version: 1, data: { x: { port: 31_999, user: 'u', password: 'p' } } };
    await writeFile(path.join(folder, 'ports.json'), JSON.stringify(last));
    const ports = await open();
    expect((await ports.move(id('a'), 31_998)).port).toBe(20_000);
    expect((await ports.move(id('b'), 31_998)).port).toBe(20_001);
  });

  it('replaces the password on the same port, for good', async () => {
    const ports = await open();
    expect(ports.known(id('a'))).toBeUndefined();
    expect(await ports.rotate(id('a'))).toBeUndefined();
    const before = await ports.assign(id('a'));
    const after = await ports.rotate(id('a'));
    expect(after?.port).toBe(before.port);
    expect(after?.credentials.password).not.toBe(before.credentials.password);
    expect(ports.known(id('a'))).toEqual(after);
    expect(await (await open()).assign(id('a'))).toEqual(after);
  });

  it('keeps the old password where the new one cannot be saved', async () => {
    const ports = await open();
    const before = await ports.assign(id('a'));
    await rm(folder, { recursive: true });
    await writeFile(folder, '');
    await expect(ports.rotate(id('a'))).rejects.toThrow();
    expect(ports.known(id('a'))).toEqual(before);
  });

  it('replaces every password at a start where clients cannot be checked; the ports stay', async () => {
    const ports = await open();
    const before = [await ports.assign(id('a')), await ports.assign(id('b'))];
    const renewed = await createPorts({ folder, logger: silentLogger, renew: true });
    for (const [at, name] of ['a', 'b'].entries()) {
      const local = await renewed.assign(id(name));
      expect(local.port).toBe(before[at]?.port);
      expect(local.credentials.password).not.toBe(before[at]?.credentials.password);
      expect(await (await open()).assign(id(name))).toEqual(local);
    }
  });

  it.each([
    ['no JSON', '{'],
    [
      'a port that is none',
      JSON.stringify({ version: 1, data: { x: { port: 99_999, user: 'u', password: 'p' } } }),
    ],
    ['another version', JSON.stringify({ version: 2, data: {} }), 'ports.json.v2'],
  ])('sets a file with %s aside', async (_, text, aside = 'ports.json.unreadable') => {
    await writeFile(path.join(folder, 'ports.json'), text);
    expect((await (await open()).assign(id('a'))).port).toBe(derivedPort(id('a')));
    expect((await readdir(folder)).sort()).toEqual(['ports.json', aside]);
    expect(await readFile(path.join(folder, aside), 'utf8')).toBe(text);
  });
});
