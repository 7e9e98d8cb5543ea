import { execa } from 'execa';
import { beforeEach, expect, test } from 'vitest';
import { writeManifests } from '../packaging/write-manifests.ts';
import { missing, skipWithout, toolPath } from './peers.ts';

// winget-types: what komac, which submits most packages to winget, reads and writes manifests by.

beforeEach((context) => skipWithout(context, missing('winget-types')));

const read = (...manifests: readonly unknown[]) =>
  execa(toolPath('winget-types'), {
    input: manifests.map((manifest) => `${JSON.stringify(manifest)}\n`).join(''),
    reject: false,
  });

test('takes each of our manifests, and loses no field', async () => {
  const { manifests } = await writeManifests();
  expect(manifests).toHaveLength(3);
  const { exitCode, stdout, stderr } = await read(...manifests);
  expect([exitCode, stderr]).toEqual([0, '']);
  expect(stdout.split('\n').map((line) => JSON.parse(line) as unknown)).toEqual(manifests);
});

test('refuses what is wrong in one', async () => {
  const { installer } = await writeManifests();
  const wrong: readonly unknown[] = [
    { ...installer, InstallerType: 'nsis' },
    { ...installer, Installers: [{ ...installer.Installers[0], Scope: 'everybody' }] },
    { ...installer, PackageIdentifier: 'k8s-tunnels' },
  ];
  for (const one of wrong) expect((await read(one)).exitCode).toBe(1);
});
