import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from 'vitest';
import { clientsDocument } from '../clients/document.ts';
import { root } from './blocks.ts';

it('docs/clients.md is what `node test/clients/write-document.ts` writes', async () => {
  expect(await readFile(path.join(root, 'docs/clients.md'), 'utf8')).toBe(clientsDocument());
});
