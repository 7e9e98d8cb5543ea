import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';

/**
 * Does for a deb what fpm does, of the arguments that electron-builder gives it: electron-builder fetches the real one
 * from its own release page, which no registry serves. The format: https://man7.org/linux/man-pages/man5/deb.5.html
 */
const text = { type: 'string' } as const;
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    source: { ...text, short: 's' },
    target: { ...text, short: 't' },
    force: { type: 'boolean' },
    depends: { ...text, short: 'd', multiple: true, default: [] },
    'deb-recommends': { ...text, multiple: true, default: [] },
    'deb-compression': text,
    'deb-priority': text,
    architecture: text,
    'after-install': text,
    'after-remove': text,
    category: text,
    description: text,
    license: text,
    maintainer: text,
    name: text,
    package: text,
    url: text,
    vendor: text,
    version: text,
  },
});
const file = values.package ?? '';
if (values.source !== 'dir' || values.target !== 'deb') throw new Error('only dir to deb');

const root = mkdtempSync(path.join(path.dirname(file), '.deb-'));
for (const mapping of positionals) {
  const [from = '', to = ''] = mapping.split('=');
  const place = path.join(root, to);
  mkdirSync(path.dirname(place), { recursive: true });
  cpSync(from, place, { recursive: true });
}
const control = [
  `Package: ${values.name}`,
  `Version: ${values.version}`,
  `Architecture: ${values.architecture}`,
  `Maintainer: ${values.maintainer}`,
  `Depends: ${values.depends.join(', ')}`,
  `Recommends: ${values['deb-recommends'].join(', ')}`,
  `Priority: ${values['deb-priority']}`,
  `Homepage: ${values.url}`,
  // Its first line is the synopsis, the others are indented.
  `Description: ${(values.description ?? '').trim().split('\n').join('\n ')}`,
  '',
];
const debian = path.join(root, 'DEBIAN');
mkdirSync(debian);
writeFileSync(path.join(debian, 'control'), control.join('\n'));
for (const [name, script] of [
  ['postinst', values['after-install']],
  ['postrm', values['after-remove']],
] as const) {
  cpSync(script ?? '', path.join(debian, name));
  chmodSync(path.join(debian, name), 0o755);
}
chmodSync(root, 0o755);
execFileSync('dpkg-deb', ['--build', '--root-owner-group', '-Zgzip', '-z1', root, file]);
rmSync(root, { recursive: true });
