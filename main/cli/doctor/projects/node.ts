import { bare, called, type NamedPackage, type ProjectFile } from './packages.ts';

export const nodeFiles: readonly ProjectFile[] = [
  {
    registry: 'npm',
    fits: called('package-lock.json', 'npm-shrinkwrap.json'),
    packagesIn(text) {
      const lock = JSON.parse(text) as {
        readonly packages?: Readonly<Record<string, { readonly version?: string }>>;
        readonly dependencies?: Readonly<Record<string, { readonly version?: string }>>;
      };
      // `packages` since npm 7; `dependencies` before.
      return Object.entries(lock.packages ?? lock.dependencies ?? {}).map(([key, { version }]) => ({
        name: key.split('node_modules/').at(-1) ?? key,
        version,
      }));
    },
  },
  {
    registry: 'npm',
    fits: called('pnpm-lock.yaml'),
    packagesIn: (text) => text.split('\n').flatMap((line) => pnpmKey(line) ?? []),
  },
  { registry: 'npm', fits: called('yarn.lock'), packagesIn: yarnPackages },
];

/** Parses a key of pnpm-lock.yaml: `'@scope/name@1.2.3(peer@1)':`, `/@scope/name@1.2.3:` or `/@scope/name/1.2.3:`. */
function pnpmKey(line: string): NamedPackage | undefined {
  const text = line.trim();
  if (!text.endsWith(':')) return undefined;
  const [key = ''] = bare(text.slice(0, -1)).replace(/^\//, '').split('(');
  const at = Math.max(key.lastIndexOf('@'), key.lastIndexOf('/'));
  const version = key.slice(at + 1);
  return at <= 0 || !/^\d/.test(version) ? undefined : { name: key.slice(0, at), version };
}

/** Parses the entries of yarn.lock, of both its formats: a line of names and ranges, and its `version` below. */
function yarnPackages(text: string): readonly NamedPackage[] {
  const found: NamedPackage[] = [];
  let name: string | undefined;
  for (const line of text.split('\n')) {
    if (line.startsWith('#') || line.trim() === '') continue;
    if (!line.startsWith(' ')) {
      const [first = ''] = line.trim().replace(/:$/, '').split(',');
      const key = bare(first).replace(/^"/, '');
      const at = key.indexOf('@', 1);
      name = at < 0 ? undefined : key.slice(0, at);
      continue;
    }
    const [, version] = /^ {2}version:? (.+)$/.exec(line) ?? [];
    if (name === undefined || version === undefined) continue;
    found.push({ name, version: bare(version) });
    name = undefined;
  }
  return found;
}
