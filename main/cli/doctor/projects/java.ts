import { compareNumbers } from '../../../model/clients/find-kind.ts';
import { called, type NamedPackage, type ProjectFile } from './packages.ts';

export const javaFiles: readonly ProjectFile[] = [
  { registry: 'maven', fits: called('pom.xml'), packagesIn: (text) => withHttpClient(pomPackages(text)) },
  {
    registry: 'maven',
    fits: called('build.gradle', 'build.gradle.kts'),
    packagesIn: (text) => withHttpClient(gradlePackages(text)),
  },
  {
    registry: 'maven',
    fits: called('gradle.lockfile', 'buildscript-gradle.lockfile'),
    // It has what Gradle resolved, the HTTP client too.
    packagesIn: (text) =>
      text
        .split('\n')
        .filter((line) => !line.startsWith('#'))
        .flatMap((line) => coordinates(line.split('=')[0] ?? '') ?? []),
  },
];

const fabric8 = ['io.fabric8:kubernetes-client', 'io.fabric8:openshift-client'];
const httpClient = 'io.fabric8:kubernetes-httpclient-';

/**
 * Adds the HTTP client that fabric8 brings where the project names none: OkHttp, and Vert.x since 7.0
 * (https://github.com/fabric8io/kubernetes-client/blob/main/doc/MIGRATION-v7.md). Proxies depend on it.
 */
function withHttpClient(packages: readonly NamedPackage[]): readonly NamedPackage[] {
  const client = packages.find(({ name }) => fabric8.includes(name));
  if (client === undefined || packages.some(({ name }) => name.startsWith(httpClient))) return packages;
  const { version } = client;
  const isOld = version !== undefined && compareNumbers(version, '7') < 0;
  return [...packages, { name: `${httpClient}${isOld ? 'okhttp' : 'vertx'}`, version }];
}

function coordinates(text: string): NamedPackage | undefined {
  const [group = '', artifact = '', version] = text.trim().split(':');
  if (!/^[\w.-]+$/.test(group) || !/^[\w.-]+$/.test(artifact) || !group.includes('.')) return undefined;
  return { name: `${group}:${artifact}`, version: versionOrNone(version) };
}

/** Returns the dependencies of a pom.xml, with versions that its own properties name. */
function pomPackages(text: string): readonly NamedPackage[] {
  const xml = withoutComments(text);
  const properties = elements(xml, 'properties').join('\n');
  const resolve = (version: string | undefined) => {
    const [, property] = /^\$\{([\w.-]+)\}$/.exec(version ?? '') ?? [];
    return property === undefined ? version : elements(properties, property)[0];
  };
  return elements(xml, 'dependency').flatMap((dependency) => {
    const [group = ''] = elements(dependency, 'groupId');
    const [artifact = ''] = elements(dependency, 'artifactId');
    const [version] = elements(dependency, 'version');
    return coordinates(`${group}:${artifact}:${resolve(version) ?? ''}`) ?? [];
  });
}

function withoutComments(xml: string): string {
  const [first = '', ...rest] = xml.split('<!--');
  return [first, ...rest.map((part) => part.slice(part.indexOf('-->') + 3))].join('');
}

/** Returns the texts of all elements of a name that holds no attributes, in their order. */
function elements(xml: string, name: string): readonly string[] {
  const [open, close] = [`<${name}>`, `</${name}>`];
  const found: string[] = [];
  for (let from = xml.indexOf(open); from >= 0; ) {
    const end = xml.indexOf(close, from);
    if (end < 0) break;
    found.push(xml.slice(from + open.length, end).trim());
    from = xml.indexOf(open, end);
  }
  return found;
}

/** Returns the dependencies that a Gradle script names in one string, and those in the map notation. */
function gradlePackages(text: string): readonly NamedPackage[] {
  return text.split('\n').flatMap((line) => {
    const [code = ''] = line.split('//');
    const words = code.split(/["']/).filter((_, at) => at % 2 === 1);
    if (/\bgroup\s?[:=]/.test(code) && words.length >= 2)
      return coordinates(words.slice(0, 3).join(':')) ?? [];
    return words.flatMap((word) => (word.includes(':') ? (coordinates(word) ?? []) : []));
  });
}

function versionOrNone(version: string | undefined): string | undefined {
  return version !== undefined && /^\d/.test(version) ? version : undefined;
}
