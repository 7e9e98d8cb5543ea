import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { readLock } from '../../scripts/vendor/lock.ts';
import { root } from './pack.ts';

interface Component {
  readonly 'bom-ref': string;
  readonly type: string;
  readonly name: string;
  readonly version: string;
  readonly purl?: string;
  readonly licenses?: readonly unknown[];
  readonly components?: readonly { readonly hashes: readonly { readonly content: string }[] }[];
}

test('what a package is made of is told, down to the programs in it', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'sbom-'));
  const out = path.join(folder, 'deep', 'sbom.cdx.json');
  await execa(process.execPath, [path.join(root, 'scripts/build.ts')]);
  await execa(process.execPath, [path.join(root, 'scripts/sbom.ts'), '--out', out]);
  const sbom = JSON.parse(await readFile(out, 'utf8'));
  await rm(folder, { recursive: true });
  const manifest = JSON.parse(await readFile(path.join(root, 'package.json'), 'utf8'));

  expect(sbom).toMatchObject({
    bomFormat: 'CycloneDX',
    specVersion: expect.stringMatching(/^1\.([5-9]|\d\d)$/),
    serialNumber: expect.stringMatching(/^urn:uuid:[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/),
    version: 1,
    metadata: { component: { name: manifest.name, version: manifest.version, type: 'application' } },
  });
  const components: readonly Component[] = sbom.components;
  for (const component of components)
    expect(component).toMatchObject({
      'bom-ref': expect.stringMatching(/./),
      type: expect.stringMatching(/^(library|application|framework)$/),
      name: expect.stringMatching(/./),
      version: expect.stringMatching(/^\d/),
      purl: expect.stringMatching(/^pkg:(npm|generic|github)\/.+@/),
    });
  expect(new Set(components.map((one) => one['bom-ref'])).size).toBe(components.length);
  const told = components.map(({ name, version }) => `${name} ${version}`);
  for (const [name, version] of Object.entries(manifest.dependencies))
    expect(told).toContain(`${name} ${version}`);
  // The window's packages are built in; what only builds and tests is not told.
  for (const name of ['react', 'react-aria-components'])
    expect(told).toContain(`${name} ${manifest.devDependencies[name]}`);
  for (const name of ['vitest', 'playwright-core', 'electron-builder', 'typescript'])
    expect(components.map((one) => one.name)).not.toContain(name);
  const refs = components.map((one) => one['bom-ref']);
  for (const { ref, dependsOn } of sbom.dependencies)
    expect([sbom.metadata.component['bom-ref'], ...refs]).toEqual(
      expect.arrayContaining([ref, ...dependsOn]),
    );
  const lock = await readLock(path.join(root, 'resources/cloudflared.lock.json'));
  expect(told).toEqual(
    expect.arrayContaining([
      `electron ${manifest.devDependencies.electron}`,
      `nodejs ${manifest.optionalDependencies.node}`,
      `cloudflared ${lock.version}`,
    ]),
  );
  const sums = components.flatMap((one) => one.components ?? []).flatMap(({ hashes }) => hashes);
  expect(sums.map(({ content }) => content)).toEqual(Object.values(lock.files).map(({ sha256 }) => sha256));
});
