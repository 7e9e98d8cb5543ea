import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';

/**
 * `node scripts/package-manifests.ts --version 1.4.0 --sums SHA256SUMS --url URL --out FOLDER [--identifier NAME]`: writes
 * what winget and Homebrew install a release by. URL is the folder of the release's files, NAME what winget calls the
 * package. Needs no package of npm.
 */
const { values } = parseArgs({
  options: {
    version: { type: 'string', default: '' },
    sums: { type: 'string', default: '' },
    url: { type: 'string', default: '' },
    out: { type: 'string', default: '' },
    identifier: { type: 'string', default: 'k8s-tunnels.k8s-tunnels' },
  },
});

const packageFile = path.join(import.meta.dirname, '..', 'package.json');

async function writeManifests(): Promise<void> {
  const { version, sums, url, out, identifier } = values;
  if ([version, sums, url, out].includes(''))
    throw new Error('--version, --sums, --url and --out are wanted.');
  if (!/^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$/.test(version))
    throw new Error(`--version ${version}: give one such as 1.4.0.`);
  if (!URL.canParse(url) || new URL(url).protocol !== 'https:')
    throw new Error(`--url ${url}: give an https address.`);
  // https://learn.microsoft.com/windows/package-manager/package/manifest: parts of at most 32 characters, with a dot between.
  if (!/^[\w-]{1,32}(\.[\w-]{1,32}){1,3}$/.test(identifier))
    throw new Error(`--identifier ${identifier}: give one such as Acme.k8s-tunnels.`);
  const { author, homepage, license } = JSON.parse(await readFile(packageFile, 'utf8')) as Record<
    'author' | 'homepage' | 'license',
    string
  >;
  const sumOf = sumsIn(await readFile(sums, 'utf8'), sums);
  const release: Release = {
    version,
    identifier,
    folder: url.replace(/\/+$/, ''),
    publisher: author,
    homepage,
    license,
    sumOf,
  };
  const files = { ...wingetManifests(release), 'k8s-tunnels.rb': homebrewCask(release) };
  await mkdir(out, { recursive: true });
  for (const [name, text] of Object.entries(files)) {
    await writeFile(path.join(out, name), text);
    console.log(path.join(out, name));
  }
}

/** Reads what `sha256sum` writes. Its function throws for a file that is not named, or whose sum is none. */
function sumsIn(text: string, file: string): (name: string) => string {
  const lines = text.split('\n').map((line) => /^([0-9a-f]{64}) [ *](.+)$/.exec(line));
  const sums = new Map(
    lines.flatMap((line) => (line === null ? [] : [[line[2] ?? '', line[1] ?? ''] as const])),
  );
  return (name) => {
    const sum = sums.get(name);
    if (sum === undefined) throw new Error(`${file} has no SHA-256 of ${name}.`);
    return sum;
  };
}

/** A release, as far as package managers name it. */
interface Release {
  readonly version: string;
  /** What winget calls the package. */
  readonly identifier: string;
  /** The address of the folder with its files, without a last slash. */
  readonly folder: string;
  readonly publisher: string;
  readonly homepage: string;
  /** Of SPDX. */
  readonly license: string;
  /** Returns a file's SHA-256 in hex. Throws for a file that the release does not have. */
  sumOf(file: string): string;
}

/** The schema's version: https://aka.ms/winget-manifest.installer.1.10.0.schema.json and its neighbours. */
const manifestVersion = '1.10.0';

/** What the installer registers the app as: electron-builder's GUID for the `appId` of electron-builder.yml. */
const productCode = '54610502-1667-54f0-bc1f-73a3579d9a41';

/**
 * Returns the three manifests of winget by the names of their files. One installer serves both scopes: `/S`, `/allusers`
 * and `/currentuser` are those of electron-builder's assisted installer.
 */
function wingetManifests(release: Release): Readonly<Record<string, string>> {
  const { identifier, version, publisher, homepage, license } = release;
  const file = `k8s-tunnels-${version}-setup.exe`;
  const installer = (scope: 'user' | 'machine', flag: string) => ({
    Architecture: 'x64',
    Scope: scope,
    InstallerUrl: `${release.folder}/${file}`,
    InstallerSha256: release.sumOf(file).toUpperCase(),
    InstallerSwitches: { Custom: flag },
    ...(scope === 'machine' ? { ElevationRequirement: 'elevatesSelf' } : {}),
  });
  const about = { PackageIdentifier: identifier, PackageVersion: version };
  return {
    [`${identifier}.yaml`]: yaml('version', { ...about, DefaultLocale: 'en-US' }),
    [`${identifier}.installer.yaml`]: yaml('installer', {
      ...about,
      InstallerType: 'nullsoft',
      InstallModes: ['interactive', 'silent', 'silentWithProgress'],
      UpgradeBehavior: 'install',
      Protocols: ['k8s-tunnels'],
      ProductCode: productCode,
      Installers: [installer('user', '/currentuser'), installer('machine', '/allusers')],
    }),
    [`${identifier}.locale.en-US.yaml`]: yaml('defaultLocale', {
      ...about,
      PackageLocale: 'en-US',
      Publisher: publisher,
      PackageName: 'k8s-tunnels',
      PackageUrl: new URL(homepage).href,
      License: license,
      ShortDescription: 'Finds your Kubernetes clusters and opens tunnels to them through Cloudflare Access',
      Moniker: 'k8s-tunnels',
      Tags: ['cloudflare', 'kubectl', 'kubernetes', 'tunnel'],
    }),
  };
}

type Value = string | readonly Value[] | { readonly [name: string]: Value };

function yaml(
  kind: 'version' | 'installer' | 'defaultLocale',
  content: Readonly<Record<string, Value>>,
): string {
  const schema = `https://aka.ms/winget-manifest.${kind}.${manifestVersion}.schema.json`;
  const whole = { ...content, ManifestType: kind, ManifestVersion: manifestVersion };
  return `# yaml-language-server: $schema=${schema}\n\n${lines(whole).join('\n')}\n`;
}

/** Every string is quoted as JSON, which YAML reads: a version is no number then. */
function lines(content: Readonly<Record<string, Value>>): readonly string[] {
  return Object.entries(content).flatMap(([name, value]) => {
    if (typeof value === 'string') return [`${name}: ${JSON.stringify(value)}`];
    if (!isList(value)) return [`${name}:`, ...lines(value).map((line) => `  ${line}`)];
    return [`${name}:`, ...value.flatMap(item)];
  });
}

function item(value: Value): readonly string[] {
  const [first = '', ...rest] =
    typeof value === 'object' && !isList(value) ? lines(value) : [JSON.stringify(value)];
  return [`- ${first}`, ...rest.map((line) => `  ${line}`)];
}

function isList(value: Value): value is readonly Value[] {
  return Array.isArray(value);
}

/**
 * Returns the cask of a release, for a tap: https://docs.brew.sh/Cask-Cookbook. It puts the command line beside brew's own
 * programs, and `brew uninstall --zap` removes what the app has stored too.
 */
function homebrewCask(release: Release): string {
  const { version, folder, homepage } = release;
  const file = `k8s-tunnels-${version}-universal.dmg`;
  // `#{version}` is Ruby's: a release of the next version changes two lines of the cask.
  const url = ruby(`${folder}/${file}`).replaceAll(version, '#{version}');
  return `cask "k8s-tunnels" do
  version ${ruby(version)}
  sha256 ${ruby(release.sumOf(file))}

  url ${url}
  name "k8s-tunnels"
  desc "Tunnels to Kubernetes clusters through Cloudflare Access"
  homepage ${ruby(new URL(homepage).href)}

  app "k8s-tunnels.app"
  binary "#{appdir}/k8s-tunnels.app/Contents/Resources/bin/k8s-tunnels"

  uninstall quit: "io.github.k8s-tunnels"

  zap trash: [
    "~/Library/Application Support/k8s-tunnels",
    "~/Library/Preferences/io.github.k8s-tunnels.plist",
    "~/Library/Saved Application State/io.github.k8s-tunnels.savedState",
  ]
end
`;
}

/** A string of Ruby in which nothing is evaluated. */
function ruby(text: string): string {
  if (!/^[\w:/.-]+$/.test(text)) throw new Error(`${text} cannot be in a cask.`);
  return `"${text}"`;
}

try {
  await writeManifests();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
