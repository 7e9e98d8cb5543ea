import { cp, mkdir, mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readWorkerConfig, workerConfig } from '../world/worker.ts';

const root = path.resolve(import.meta.dirname, '../..');
let folder: string;
beforeAll(async () => {
  // wrangler leaves a folder of its own beside the configuration.
  folder = await mkdtemp(path.join(tmpdir(), 'wrangler-'));
  for (const part of ['resources/worker', 'main/agent/releases', 'main/model'])
    await cp(path.join(root, part), path.join(folder, part), { recursive: true });
  await mkdir(path.join(folder, 'node_modules'));
  await symlink(path.join(root, 'node_modules/jose'), path.join(folder, 'node_modules/jose'));
});
afterAll(() => rm(folder, { recursive: true }));

test('wrangler itself would deploy the Worker', async () => {
  const { kv_namespaces: namespaces } = await readWorkerConfig();
  const { exitCode, all } = await execa(
    path.join(root, 'node_modules/.bin/wrangler'),
    ['deploy', '--dry-run', '-c', 'resources/worker/wrangler.jsonc', '--outdir', 'deployed'],
    {
      cwd: folder,
      extendEnv: false,
      env: {
        PATH: `${path.dirname(process.execPath)}${path.delimiter}${process.env.PATH}`,
        HOME: folder,
        CI: 'true',
        WRANGLER_SEND_METRICS: 'false',
        // Whether there is a newer wrangler is no business of a test's.
        npm_config_registry: 'http://127.0.0.1:9/',
      },
      all: true,
      reject: false,
    },
  );
  expect(all).toContain('--dry-run: exiting now');
  expect(all).not.toMatch(/WARNING|ERROR/);
  expect(exitCode).toBe(0);
  // The code's name for it.
  expect(namespaces).toEqual([{ binding: 'RELEASES', id: expect.stringMatching(/./) }]);
}, 60_000);

test('what it says of the catalog is right without the comment marks', async () => {
  const file = path.join(root, 'resources/worker/wrangler.jsonc');
  const text = (await readFile(file, 'utf8')).replace(/^( *)\/\/ (?=[,"}]| {2})/gm, '$1');
  const config = workerConfig(text) as Awaited<ReturnType<typeof readWorkerConfig>> & {
    readonly vars: Readonly<Record<string, string>>;
  };
  expect(config.kv_namespaces.map(({ binding }) => binding)).toEqual(['RELEASES', 'CATALOG']);
  expect(Object.keys(config.vars)).toEqual(['ACCESS_TEAM', 'ACCESS_AUDIENCE', 'CATALOG_PUBLIC_KEY']);
});
