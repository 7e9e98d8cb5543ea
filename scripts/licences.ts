import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { Plugin } from 'vite';
import type { Licences } from '../renderer/licences/parts.ts';
import { readLock } from './vendor/lock.ts';

interface Part {
  readonly name: string;
  readonly version: string;
  readonly licence: string;
  readonly text: string;
}

/** Records the folder of every package with code in a bundle. */
export function notePackages(folders: Set<string>): Plugin {
  return {
    name: 'note-packages',
    generateBundle(_options, bundle) {
      for (const output of Object.values(bundle)) {
        if (output.type !== 'chunk') continue;
        for (const [id, { renderedLength }] of Object.entries(output.modules)) {
          const [folder] = /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/.exec(id.replace(/^\0/, '')) ?? [];
          if (renderedLength > 0 && folder !== undefined) folders.add(folder);
        }
      }
    },
  };
}

/**
 * Writes the licences of everything in a package: `out/licences` for readers, and `licences.json` for the window.
 * Rejects if a bundled package has no licence.
 */
export async function writeLicences(root: string, folders: ReadonlySet<string>): Promise<void> {
  const read = (file: string) => readFile(path.join(root, file), 'utf8');
  const own = await read('LICENSE');
  const manifest = JSON.parse(await read('package.json'));
  const { version } = await readLock(path.join(root, 'resources', 'cloudflared.lock.json'));
  const cloudflared = `cloudflared, https://github.com/cloudflare/cloudflared, by Cloudflare, Inc.\nIt is packed as Cloudflare released it, under this licence.\n\n${own}`;
  const node = gunzipSync(await readFile(path.join(root, 'resources/licences/node.txt.gz'))).toString('utf8');
  const packages = await Promise.all([...folders, path.join(root, 'node_modules', 'electron')].map(partOf));
  packages.sort((a, b) => a.name.localeCompare(b.name) || a.version.localeCompare(b.version));

  const out = path.join(root, 'out', 'licences');
  await mkdir(out, { recursive: true });
  await writeFile(path.join(out, 'LICENSE.txt'), own);
  await writeFile(path.join(out, 'cloudflared.txt'), cloudflared);
  await writeFile(path.join(out, 'node.txt'), node);
  const rule = '='.repeat(80);
  const all = packages.map(
    ({ name, version, licence, text }) => `${name} ${version} (${licence})\n\n${text}\n`,
  );
  await writeFile(path.join(out, 'THIRD-PARTY-LICENSES.txt'), all.join(`\n${rule}\n\n`));

  const parts: Part[] = [
    { name: manifest.name, version: manifest.version, licence: manifest.license, text: own },
    { name: 'cloudflared', version, licence: 'Apache-2.0', text: cloudflared },
    { name: 'Node.js', version: manifest.optionalDependencies.node, licence: 'MIT', text: node },
    ...packages,
  ];
  const texts = [...new Set(parts.map(({ text }) => text))];
  const shown: Licences = {
    parts: parts.map((part) => ({ ...part, text: texts.indexOf(part.text) })),
    texts,
  };
  await writeFile(path.join(root, 'out', 'renderer', 'licences.json'), JSON.stringify(shown));
}

async function partOf(folder: string): Promise<Part> {
  const { name, version, license, author } = JSON.parse(
    await readFile(path.join(folder, 'package.json'), 'utf8'),
  );
  const files = (await readdir(folder)).filter((file) => /^(licen[cs]e|copying|notice)/i.test(file)).sort();
  const texts = await Promise.all(files.map((file) => readFile(path.join(folder, file), 'utf8')));
  const licence = [license ?? []]
    .flat()
    .map((one) => one.type ?? one)
    .join(' or ');
  const by = author === undefined ? '' : `\nBy ${author.name ?? author}`;
  if (licence === '' && texts.length === 0)
    throw new Error(`${folder} is bundled, and comes without a licence. Do without it, or ask its authors.`);
  return { name, version, licence, text: texts.join('\n\n').trim() || `Licence: ${licence}${by}` };
}
