import { execFile } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs, promisify } from 'node:util';
import type { Licences } from '../renderer/licences/parts.ts';
import { readLock } from './vendor/lock.ts';

/**
 * `npm run sbom`: writes the components of a package as CycloneDX to dist/sbom.cdx.json: the npm packages with code in
 * the built bundles, and the programs Electron, Node and cloudflared. Needs `npm run build`.
 * https://cyclonedx.org/docs/1.5/json/
 */
const root = path.resolve(import.meta.dirname, '..');
const { values } = parseArgs({
  options: { out: { type: 'string', default: path.join(root, 'dist', 'sbom.cdx.json') } },
});
const manifest = JSON.parse(await readFile(path.join(root, 'package.json'), 'utf8'));
const lock = await readLock(path.join(root, 'resources', 'cloudflared.lock.json'));
const { stdout } = await promisify(execFile)(
  'npm',
  ['sbom', '--sbom-format', 'cyclonedx', '--sbom-type', 'application', '--package-lock-only'],
  { cwd: root, maxBuffer: 64 * 1024 * 1024, shell: process.platform === 'win32' },
);
const sbom = JSON.parse(stdout);
const { parts }: Licences = JSON.parse(
  await readFile(path.join(root, 'out', 'renderer', 'licences.json'), 'utf8'),
);
const shipped = new Set(parts.map(({ name, version }) => `${name} ${version}`));
// Include the packages of package.json even if no bundle needs them.
for (const [name, version] of Object.entries(manifest.dependencies)) shipped.add(`${name} ${version}`);
const isShipped = ({ name, version }: { name: string; version: string }) =>
  name !== 'electron' && shipped.has(`${name} ${version}`);
// The same package may be in several folders.
const kept = sbom.components.filter(isShipped).map((one: { 'bom-ref': string }) => [one['bom-ref'], one]);
sbom.components = [...new Map(kept).values()];
const refs = new Set([sbom.metadata.component, ...sbom.components].map((one) => one['bom-ref']));
sbom.dependencies = sbom.dependencies
  .filter(({ ref }: { ref: string }) => refs.has(ref))
  .map(({ ref, dependsOn = [] }: { ref: string; dependsOn?: string[] }) => ({
    ref,
    dependsOn: dependsOn.filter((one) => refs.has(one)),
  }));

const program = (name: string, version: string, more: Readonly<Record<string, unknown>>) => ({
  'bom-ref': `${name}@${version}`,
  type: 'application',
  name,
  version,
  scope: 'required',
  ...more,
});
const licensed = (id: string) => ({ licenses: [{ license: { id } }] });
sbom.metadata.component.name = manifest.name;
sbom.components.push(
  program('electron', manifest.devDependencies.electron, {
    type: 'framework',
    purl: `pkg:npm/electron@${manifest.devDependencies.electron}`,
    ...licensed('MIT'),
  }),
  program('nodejs', manifest.optionalDependencies.node, {
    purl: `pkg:generic/nodejs@${manifest.optionalDependencies.node}`,
    ...licensed('MIT'),
  }),
  program('cloudflared', lock.version, {
    purl: `pkg:github/cloudflare/cloudflared@${lock.version}`,
    ...licensed('Apache-2.0'),
    // One component for each system, distinguished by name.
    components: Object.values(lock.files).map(({ name, sha256 }) => ({
      type: 'file',
      name,
      version: lock.version,
      hashes: [{ alg: 'SHA-256', content: sha256 }],
    })),
  }),
);
await mkdir(path.dirname(values.out), { recursive: true });
await writeFile(values.out, `${JSON.stringify(sbom, null, 2)}\n`);
console.log(`${path.relative(process.cwd(), values.out)}: ${sbom.components.length} components`);
