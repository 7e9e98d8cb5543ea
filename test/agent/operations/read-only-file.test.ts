import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Agent } from '../../../main/agent/agent.ts';
import { readOnlyFileOperation } from '../../../main/agent/operations/read-only-file.ts';
import { separateMark } from '../../../main/model/separate-mark.ts';
import { aCluster } from '../../renderer/shown.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'read-only-file-'));
});
afterEach(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));

const odd = aCluster("it's/../odd", { account: '1' });
const same = aCluster("it's/../odd", { account: '2' });

test('a window gets the path of a read-only file, which only its user can read, and no secret', async () => {
  const asked: Parameters<Agent['kubeconfigFile']>[0][] = [];
  const operation = readOnlyFileOperation({
    folder,
    find: async ([word]) => [odd, same].filter(({ id }) => id === word),
    async kubeconfigFile(options) {
      asked.push(options);
      return { kubeconfig: 'token: S3cret\n', clusters: [], readOnly: {}, until: 7 };
    },
  });
  const made = await operation({ cluster: odd.id });
  expect(made).toEqual({ file: expect.stringMatching(/^[\w./-]+-read-only-[0-9a-f]{8}\.yaml$/), until: 7 });
  expect(asked).toEqual([{ clusters: [odd.id], file: made.file, readOnly: {} }]);
  expect(path.dirname(made.file)).toBe(path.join(folder, 'kubeconfigs'));
  expect(await readFile(made.file, 'utf8')).toBe(`${separateMark}token: S3cret\n`);
  expect((await stat(made.file)).mode & 0o777).toBe(0o600);
  expect((await stat(path.dirname(made.file))).mode & 0o777).toBe(0o700);
  // The same file again, and another one for a cluster of the same name.
  expect((await operation({ cluster: odd.id })).file).toBe(made.file);
  expect((await operation({ cluster: same.id })).file).not.toBe(made.file);
  expect(await readdir(path.dirname(made.file))).toHaveLength(2);
});
