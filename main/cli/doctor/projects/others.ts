import { parse } from 'yaml';
import { called, leastVersion, type NamedPackage, type ProjectFile, tomlPackages } from './packages.ts';

export const otherFiles: readonly ProjectFile[] = [
  { registry: 'crates', fits: called('Cargo.lock'), packagesIn: tomlPackages },
  {
    registry: 'go',
    fits: called('go.mod'),
    packagesIn: (text) =>
      text.split('\n').flatMap((line) => {
        const [code = ''] = line.split('//');
        const words = code.trim().split(/\s+/);
        const [name = '', version = ''] = words[0] === 'require' ? words.slice(1) : words;
        return /^v\d/.test(version) ? [{ name, version: version.slice(1) }] : [];
      }),
  },
  {
    registry: 'galaxy',
    fits: called('requirements.yml', 'requirements.yaml'),
    packagesIn: ansibleCollections,
  },
];

/** Parses the collections of an Ansible requirements file: names, or maps of `name` and `version`. */
function ansibleCollections(text: string): readonly NamedPackage[] {
  const document = parse(text) as { readonly collections?: unknown } | null;
  const list = document?.collections;
  if (!Array.isArray(list)) return [];
  return list.flatMap((one: unknown) => {
    if (typeof one === 'string') return { name: one };
    const { name, version } = (one ?? {}) as { readonly name?: unknown; readonly version?: unknown };
    if (typeof name !== 'string') return [];
    return { name, version: version === undefined ? undefined : leastVersion(String(version)) };
  });
}
