import { called, leastVersion, type NamedPackage, type ProjectFile, tomlPackages } from './packages.ts';

/** Normalises a name, as the index does: https://packaging.python.org/specifications/name-normalization/ */
function pypiName(name: string): string {
  return name.toLowerCase().replace(/[-_.]+/g, '-');
}

const normalised = (packages: readonly NamedPackage[]) =>
  packages.map(({ name, version }) => ({ name: pypiName(name), version }));

export const pythonFiles: readonly ProjectFile[] = [
  {
    registry: 'pypi',
    fits: (name) => name.startsWith('requirements') && name.endsWith('.txt'),
    packagesIn: (text) => normalised(text.split('\n').flatMap((line) => requirement(line) ?? [])),
  },
  {
    registry: 'pypi',
    fits: called('poetry.lock', 'uv.lock'),
    packagesIn: (text) => normalised(tomlPackages(text)),
  },
  {
    registry: 'pypi',
    fits: called('Pipfile.lock'),
    packagesIn(text) {
      const lock = JSON.parse(text) as Readonly<Record<string, unknown>>;
      return normalised(
        ['default', 'develop'].flatMap((group) =>
          Object.entries((lock[group] ?? {}) as Readonly<Record<string, { readonly version?: string }>>).map(
            ([name, { version }]) => ({
              name,
              version: version === undefined ? undefined : leastVersion(version),
            }),
          ),
        ),
      );
    },
  },
];

/** Parses a line of requirements.txt: `kubernetes[adal]==28.1.0 ; python_version > "3.8"  # comment`. */
function requirement(line: string): NamedPackage | undefined {
  const [name] = /^[A-Za-z0-9][\w.-]*/.exec(line.trim()) ?? [];
  if (name === undefined) return undefined;
  const [specifier = ''] = line
    .trim()
    .slice(name.length)
    .split(/[;#\\@]/);
  return { name, version: leastVersion(specifier.slice(specifier.lastIndexOf(']') + 1)) };
}

/** Returns the package of a folder in site-packages: `kubernetes-35.0.0.dist-info`. */
export function installedPackage(folder: string): NamedPackage | undefined {
  const [, name, version] = /^([\w.]+)-(\d[^-]*)\.(?:dist-info|egg-info)$/.exec(folder) ?? [];
  return name === undefined ? undefined : { name: pypiName(name), version };
}
