import { mkdirSync, mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { isBuilt } from '../../scripts/build-stamp.ts';

const root = path.resolve(import.meta.dirname, '../..');

/** What all files of one run share, in a folder of its own: the keys of the worlds, and compiled code. */
export async function setup(): Promise<(() => Promise<void>) | undefined> {
  // Each project of the configuration asks for it; the first does it for all.
  if (process.env.K8S_TUNNELS_TEST_KEYS !== undefined) return undefined;
  const folder = mkdtempSync(path.join(tmpdir(), 'k8s-tunnels-run-'));
  process.env.K8S_TUNNELS_TEST_KEYS = path.join(folder, 'keys');
  mkdirSync(process.env.K8S_TUNNELS_TEST_KEYS);
  process.env.NODE_COMPILE_CACHE ??= path.join(folder, 'compiled');
  if (await isBuilt(root)) process.env.K8S_TUNNELS_TEST_BUILT = 'yes';
  return () => rm(folder, { recursive: true, force: true, maxRetries: 5 });
}
