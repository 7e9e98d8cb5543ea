import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { isSeparateFile, refuseForeignFile, refuseForeignFolder } from '../../main/cli/separate-file.ts';
import { separateMark } from '../../main/model/separate-mark.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'separate-'));
});
afterEach(() => rm(folder, { recursive: true }));

it('writes a new file and its own again, and no other', async () => {
  const file = path.join(folder, 'a.yaml');
  await refuseForeignFile(file);
  expect(await isSeparateFile(file)).toBe('missing');
  await writeFile(file, `${separateMark}kind: Config\n`);
  await refuseForeignFile(file);
  expect(await isSeparateFile(file)).toBe(true);
  await writeFile(file, 'kind: Config\n');
  await expect(refuseForeignFile(file)).rejects.toMatchObject({
    code: 'bad-input',
    message: `${file} exists, and k8s-tunnels has not written it.`,
  });
});

it('takes an empty folder, a new one and its own again, and no other', async () => {
  await refuseForeignFolder(path.join(folder, 'new'));
  await refuseForeignFolder(folder);
  await writeFile(path.join(folder, 'notes.txt'), '');
  await expect(refuseForeignFolder(folder)).rejects.toMatchObject({
    code: 'bad-input',
    message: expect.stringContaining(folder),
    hint: expect.stringContaining('new folder'),
  });
  await writeFile(path.join(folder, 'kubeconfig'), `${separateMark}kind: Config\n`);
  await refuseForeignFolder(folder);
});

it('names what is no folder, or a file that cannot be read', async () => {
  const file = path.join(folder, 'a');
  await writeFile(file, '');
  await expect(refuseForeignFolder(file)).rejects.toMatchObject({ code: 'bad-input' });
  await mkdir(path.join(folder, 'b'));
  await expect(isSeparateFile(path.join(folder, 'b'))).rejects.toMatchObject({ code: 'file-unreadable' });
});
