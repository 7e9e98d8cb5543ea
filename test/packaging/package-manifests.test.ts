import { UUID } from 'builder-util-runtime';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { configuration } from './pack.ts';
import { dmgSum, releaseUrl, runManifests, setupSum, writeManifests } from './write-manifests.ts';

test('winget gets three manifests: one installer for a user, and for all of a computer', async () => {
  const { names, manifests, installer, texts } = await writeManifests();
  expect(names).toEqual([
    'k8s-tunnels.k8s-tunnels.installer.yaml',
    'k8s-tunnels.k8s-tunnels.locale.en-US.yaml',
    'k8s-tunnels.k8s-tunnels.yaml',
  ]);
  expect(manifests.map(({ ManifestType }) => ManifestType)).toEqual([
    'installer',
    'defaultLocale',
    'version',
  ]);
  for (const one of manifests)
    expect(one).toMatchObject({
      PackageIdentifier: 'k8s-tunnels.k8s-tunnels',
      PackageVersion: '1.4.0',
      ManifestVersion: '1.10.0',
    });
  const file = {
    Architecture: 'x64',
    InstallerUrl: `${releaseUrl}/k8s-tunnels-1.4.0-setup.exe`,
    InstallerSha256: setupSum.toUpperCase(),
  };
  expect(installer.Installers).toEqual([
    { ...file, Scope: 'user', InstallerSwitches: { Custom: '/currentuser' } },
    {
      ...file,
      Scope: 'machine',
      InstallerSwitches: { Custom: '/allusers' },
      ElevationRequirement: 'elevatesSelf',
    },
  ]);
  // Each says by which schema an editor checks it.
  for (const text of texts)
    expect(text).toMatch(
      /^# yaml-language-server: \$schema=https:\/\/aka\.ms\/winget-manifest\.\w+\.1\.10\.0\.schema\.json\n/,
    );
});

test('the manifests name what electron-builder makes', async () => {
  const { installer } = await writeManifests();
  const { appId, nsis, win, mac } = await configuration();
  // As in NsisTarget.js of app-builder-lib.
  const namespace = UUID.parse('50e065bc-3134-11e6-9bab-38c9862bdaf3');
  expect(installer.ProductCode).toBe(UUID.v5(appId, namespace));
  expect([nsis.guid, nsis.artifactName]).toEqual([undefined, `\${name}-\${version}-setup.\${ext}`]);
  expect(win.target).toEqual([{ target: 'nsis', arch: 'x64' }]);
  // An assisted installer, without `perMachine`, is the one that knows /allusers and /currentuser.
  expect(nsis).toMatchObject({ oneClick: false, perMachine: false });
  expect(mac.target).toContainEqual({ target: 'dmg', arch: 'universal' });
});

test('Homebrew gets a cask with the stanzas in their order', async () => {
  const { cask } = await writeManifests();
  // https://docs.brew.sh/Cask-Cookbook#stanza-order: groups in this order, an empty line between them.
  const groups = [
    ['version', 'sha256'],
    ['url', 'name', 'desc', 'homepage'],
    ['app', 'binary'],
    ['uninstall'],
    ['zap'],
  ];
  const stanzas = cask
    .replace(/^cask .*\n|\nend\n$/g, '')
    .split('\n\n')
    .map((group) => [...group.matchAll(/^ {2}([a-z]\w*) /gm)].map(([, name]) => name));
  expect(stanzas).toEqual(groups);
  const desc = /^ {2}desc "(.*)"$/m.exec(cask)?.[1] ?? '';
  expect([desc.length <= 80, desc]).toEqual([
    true,
    expect.stringMatching(/^(?!An? |The |k8s-tunnels)[A-Z].*[^.]$/),
  ]);
  expect(cask).toMatch(/^ {2}homepage "https:\/\/[^/"]+\/"$/m);
});

test('Ruby reads the cask as it is meant', async ({ skip }) => {
  const { exitCode } = await execa('ruby', ['--version'], { reject: false });
  skip(exitCode !== 0, 'there is no ruby');
  const { cask } = await writeManifests();
  const { stdout } = await execa('ruby', ['-e', recorder], { input: cask });
  expect(JSON.parse(stdout)).toEqual([
    ['cask', 'k8s-tunnels'],
    ['version', '1.4.0'],
    ['sha256', dmgSum],
    ['url', `${releaseUrl}/k8s-tunnels-1.4.0-universal.dmg`],
    ['name', 'k8s-tunnels'],
    ['desc', 'Tunnels to Kubernetes clusters through Cloudflare Access'],
    ['homepage', 'https://k8s-tunnels.github.io/'],
    ['app', 'k8s-tunnels.app'],
    ['binary', '/Applications/k8s-tunnels.app/Contents/Resources/bin/k8s-tunnels'],
    ['uninstall', { quit: 'io.github.k8s-tunnels' }],
    ['zap', { trash: expect.arrayContaining(['~/Library/Application Support/k8s-tunnels']) }],
  ]);
});

test('what a release lacks, or says wrong, is named, and nothing is written', async () => {
  const both = `${setupSum}  k8s-tunnels-1.4.0-setup.exe\n${dmgSum} *k8s-tunnels-1.4.0-universal.dmg\n`;
  expect((await runManifests(both)).exitCode).toBe(0);
  const refused = async (sums: string, ...more: readonly string[]) => {
    const { exitCode, stderr, files } = await runManifests(sums, ...more);
    expect([exitCode, files]).toEqual([1, {}]);
    return stderr;
  };
  expect(await refused(both.replace('setup.exe', 'Setup.exe'))).toBe(
    '/SHA256SUMS has no SHA-256 of k8s-tunnels-1.4.0-setup.exe.',
  );
  expect(await refused(both.replace(dmgSum, dmgSum.slice(2)))).toBe(
    '/SHA256SUMS has no SHA-256 of k8s-tunnels-1.4.0-universal.dmg.',
  );
  expect(await refused(both, '--version', 'v1.4.0')).toBe('--version v1.4.0: give one such as 1.4.0.');
  expect(await refused(both, '--url', 'http://acme.example')).toBe(
    '--url http://acme.example: give an https address.',
  );
  expect(await refused(both, '--identifier', 'k8s-tunnels')).toBe(
    '--identifier k8s-tunnels: give one such as Acme.k8s-tunnels.',
  );
  expect(await refused(both, '--url', 'https://acme.example/#{`id`}')).toMatch(/cannot be in a cask\.$/);
});

/** Prints each stanza with its evaluated arguments, as far as our cask uses the language of casks. */
const recorder = `
require "json"
class Recorder < BasicObject
  def initialize = @said = []
  def said = @said
  def appdir = "/Applications"
  def method_missing(name, *args, &block)
    return @said.assoc("version")[1] if name == :version && args.empty?
    @said << [name.to_s, *args]
    instance_eval(&block) if block
  end
end
recorder = Recorder.new
recorder.instance_eval(STDIN.read)
puts recorder.said.to_json
`;
