import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { parse } from 'yaml';
import { root } from './pack.ts';

export const setupSum = 'a1'.repeat(32);
export const dmgSum = 'b2'.repeat(32);
export const releaseUrl = 'https://github.com/k8s-tunnels/k8s-tunnels/releases/download/v1.4.0';

/** The installer's manifest, as far as tests look at it. */
interface Installer {
  readonly PackageIdentifier: string;
  readonly ProductCode: string;
  readonly Installers: readonly Readonly<Record<string, unknown>>[];
}

/** Runs the script, and resolves with how it ended and what it wrote. */
export async function runManifests(sums: string, ...more: readonly string[]) {
  const folder = await mkdtemp(path.join(tmpdir(), 'manifests-'));
  try {
    const [sumsFile, out] = [path.join(folder, 'SHA256SUMS'), path.join(folder, 'out')];
    await writeFile(sumsFile, sums);
    const { exitCode, stderr } = await execa(
      process.execPath,
      [
        path.join(root, 'scripts', 'package-manifests.ts'),
        ...['--version', '1.4.0', '--sums', sumsFile, '--url', releaseUrl, '--out', out, ...more],
      ],
      { reject: false },
    );
    const files: Record<string, string> = {};
    for (const name of (await readdir(out).catch(() => [])).sort())
      files[name] = await readFile(path.join(out, name), 'utf8');
    return { exitCode, stderr: stderr.replace(folder, ''), files };
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** The manifests of a release: those of winget parsed, and the cask. */
export async function writeManifests() {
  const sums = `${setupSum}  k8s-tunnels-1.4.0-setup.exe\n${dmgSum}  k8s-tunnels-1.4.0-universal.dmg\n`;
  const { exitCode, stderr, files } = await runManifests(sums);
  if (exitCode !== 0) throw new Error(stderr);
  const { 'k8s-tunnels.rb': cask = '', ...winget } = files;
  const manifests = Object.values(winget).map((text) => parse(text) as Readonly<Record<string, unknown>>);
  const installer = parse(winget['k8s-tunnels.k8s-tunnels.installer.yaml'] ?? '') as Installer;
  return { names: Object.keys(winget), texts: Object.values(winget), manifests, installer, cask };
}
