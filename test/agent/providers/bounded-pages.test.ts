import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  parseForeignYaml,
  readKubeconfigContext,
} from '../../../main/agent/cluster-fields/kubeconfig-context.ts';
import type { Answer, Network } from '../../../main/agent/network/network.ts';
import { systemClock } from '../../../main/agent/parts.ts';
import { boundedPages } from '../../../main/agent/providers/bounded-pages.ts';
import { readClusterFile, readText } from '../../../main/agent/providers/file/cluster-file.ts';
import { createVaultSource } from '../../../main/agent/providers/vault/vault.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'bounded-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** Nine levels of lists, each of nine aliases of the one before: 387 million values. */
const laughs = Array.from(
  { length: 9 },
  (_, level) =>
    `l${level}: &l${level} [${Array(9)
      .fill(level === 0 ? 'x' : `*l${level - 1}`)
      .join(', ')}]`,
).join('\n');

describe('a list without an end', () => {
  async function* pages() {
    for (let page = 0; ; page += 1) yield page;
  }

  it('is given up after a thousand pages', async () => {
    let seen = 0;
    const reading = (async () => {
      const options = { list: 'The list of AWS accounts', next: (page: number) => String(page) };
      for await (const page of boundedPages(pages(), options)) seen = page;
    })();
    await expect(reading).rejects.toMatchObject({
      code: 'answer-refused',
      message: 'The list of AWS accounts has more than 1000 pages.',
    });
    expect(seen).toBe(999);
  });

  it.each([
    ['the same page again', ['a', 'a'], 2],
    ['two pages in turn', ['a', 'b', 'a', 'b'], 3],
  ])('that names %s is given up there', async (_, tokens, asked) => {
    async function* named() {
      for (let at = 0; ; at += 1) yield tokens[at % tokens.length] ?? '';
    }
    let seen = 0;
    const reading = (async () => {
      const options = { list: 'The list of AWS accounts', next: (page: string) => page };
      for await (const _page of boundedPages(named(), options)) seen += 1;
    })();
    await expect(reading).rejects.toMatchObject({
      code: 'answer-refused',
      message: expect.stringContaining('The list of AWS accounts does not end'),
      hint: expect.stringContaining('proxy'),
    });
    expect(seen).toBe(asked);
  });

  it.each([[undefined], [null], ['']])('ends where the next page is %s', async (next) => {
    async function* one() {
      yield 1;
      yield 2;
    }
    const seen: number[] = [];
    for await (const page of boundedPages(one(), { list: 'The list', next: () => next })) seen.push(page);
    expect(seen).toEqual([1, 2]);
  });

  it('of folders within folders in Vault is given up', async () => {
    let asked = 0;
    const answer = (status: number, body: object): Answer => ({
      status,
      headers: {},
      body: Buffer.from(JSON.stringify(body)),
    });
    const request = async () => {
      asked += 1;
      return answer(200, { data: { keys: ['deeper/', 'and-wider/'] } });
    };
    const errors: string[] = [];
    const source = createVaultSource({
      env: { VAULT_ADDR: 'https://vault.example', VAULT_TOKEN: 'x' },
      home: folder,
      clock: systemClock,
      network: { request } as unknown as Network,
      mounts: ['clusters'],
    });
    await source.discover({
      known: [],
      cells: [],
      asked: true,
      signal: new AbortController().signal,
      onPlanned() {},
      onCell({ outcome }) {
        if (outcome.kind === 'failed') errors.push(outcome.error.message);
      },
    });
    expect(asked).toBeLessThanOrEqual(20_000);
    expect(errors).toContain('Vault at vault.example lists folders of clusters without an end.');
  });
});

describe('a YAML text of somebody else', () => {
  it.each([
    ['aliases that multiply', laughs],
    ['more than 4 MB', `a: "${'x'.repeat(5 * 1024 * 1024)}"`],
    ['a hundred thousand levels', '['.repeat(20_000)],
  ])('with %s is none', (_, text) => {
    expect(readKubeconfigContext(text)).toBeUndefined();
    expect(text.startsWith('[') || parseForeignYaml(text) === undefined).toBe(true);
  });

  it('is refused as a list of clusters, with the file', async () => {
    const file = path.join(folder, 'laughs.yaml');
    await writeFile(file, laughs);
    await expect(readClusterFile(file, { env: {}, home: folder })).rejects.toMatchObject({
      code: 'file-invalid',
      message: expect.stringContaining(file),
    });
  });

  it('is refused where it is too long, or no file', async () => {
    const file = path.join(folder, 'long.yaml');
    await writeFile(file, '');
    await truncate(file, 33 * 1024 * 1024);
    await expect(readText(file)).rejects.toMatchObject({ message: `${file} is longer than 32 MB.` });
    await expect(readText('/dev/zero')).rejects.toMatchObject({ message: '/dev/zero is not a file.' });
  });
});
