import path from 'node:path';
import { expect, test } from 'vitest';
import { isSame, type Snapshot, syncFolder } from '../../../main/agent/kubeconfig/write.ts';

const status = { dev: 1, ino: 2, mode: 0o600, uid: 0, gid: 0, links: 1, size: 1, mtimeMs: 0, ctimeMs: 0 };
const snapshot = (changes: Partial<typeof status>, bytes = 'a') =>
  ({ status: { ...status, ...changes }, bytes: Buffer.from(bytes) }) as unknown as Snapshot;

test.each<[string, Snapshot, boolean]>([
  ['the same file with the same bytes', snapshot({ mtimeMs: 5 }), true],
  ['another file of the same device', snapshot({ ino: 3 }), false],
  ['a file of another device with the same number', snapshot({ dev: 3 }), false],
  ['the same file with other bytes', snapshot({}, 'b'), false],
])('%s', (_, other, is) => {
  expect(isSame(snapshot({}), other)).toBe(is);
});

test('a folder that is not there needs no flush', async () => {
  await expect(syncFolder(path.join(import.meta.dirname, 'none'))).resolves.toBeUndefined();
});
