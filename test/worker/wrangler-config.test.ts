import { access } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { readWorkerConfig } from '../world/releases/feed.ts';

test('wrangler.jsonc has what wrangler wants of it', async () => {
  const config = await readWorkerConfig();
  expect(config.name).toMatch(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/);
  expect(config.compatibility_date).toMatch(/^20\d{2}-[01]\d-[0-3]\d$/);
  // The code's name for it.
  expect(config.kv_namespaces).toEqual([{ binding: 'RELEASES', id: expect.stringMatching(/./) }]);
  await access(path.resolve(import.meta.dirname, '../../resources/worker', config.main));
});
