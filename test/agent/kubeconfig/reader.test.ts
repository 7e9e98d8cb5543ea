import { mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, test, vi } from 'vitest';
import type { Inspection } from '../../../main/agent/kubeconfig/inspection.ts';
import type { Plan } from '../../../main/agent/kubeconfig/plan.ts';
import type { Planner } from '../../../main/agent/kubeconfig/planner.ts';
import { createReader } from '../../../main/agent/kubeconfig/reader.ts';
import { snapshot } from '../../../main/agent/kubeconfig/write.ts';

const folder = await mkdtemp(path.join(tmpdir(), 'k8s-tunnels-reader-'));
afterAll(() => rm(folder, { recursive: true, force: true }));

test('what was written is not parsed again, and what another program wrote is', async () => {
  const real = path.join(folder, 'config');
  const file = { given: real, real };
  const ours = { currentContext: 'ours' } as Inspection;
  const theirs = { currentContext: 'theirs' } as Inspection;
  const inspect = vi.fn<Planner['inspect']>(async () => theirs);
  const reader = createReader({
    planner: { inspect } as unknown as Planner,
    attributes: { seen: () => {} },
    journal: { get: async () => undefined },
    owner: async () => 'me',
  });
  // Long ago, as far as the reader can tell.
  const write = async (text: string) => {
    await writeFile(real, text);
    await utimes(real, 1, 1);
  };

  await writeFile(real, 'current-context: ours\n');
  const after = await snapshot(real);
  reader.wrote(file, { plan: { bytes: after.bytes, after: ours } as unknown as Plan, after });
  await write('current-context: ours\n');
  expect(await reader.read(file)).toBe(ours);
  expect(await reader.read(file)).toBe(ours);
  expect(inspect).not.toHaveBeenCalled();

  await write('current-context: theirs\n');
  expect(await reader.read(file)).toBe(theirs);
  expect(inspect).toHaveBeenCalledTimes(1);
});
