import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** What all files of one run share, in a folder of its own: the keys of the worlds, and compiled code. */
export async function setup(): Promise<() => Promise<void>> {
  const folder = await mkdtemp(path.join(tmpdir(), 'k8s-tunnels-run-'));
  process.env.K8S_TUNNELS_TEST_KEYS = folder;
  return () => rm(folder, { recursive: true, force: true, maxRetries: 5 });
}
