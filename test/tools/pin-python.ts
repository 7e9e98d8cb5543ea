import { writeFile } from 'node:fs/promises';
import { run } from './program.ts';

/**
 * `pin-python.ts FILE REQUIREMENT…`: resolves the requirements for this Python and writes them to FILE, each package with
 * the hash of its wheel. Run it to change a version.
 */
const [file, ...requirements] = process.argv.slice(2);
if (file === undefined || requirements.length === 0)
  throw new Error('usage: pin-python.ts FILE REQUIREMENT…');
const options = [
  '--quiet',
  '--disable-pip-version-check',
  '--dry-run',
  '--ignore-installed',
  '--report',
  '-',
];
const report = JSON.parse(
  await run('python3', ['-m', 'pip', 'install', ...options, '--only-binary', ':all:', ...requirements]),
) as {
  readonly install: readonly {
    readonly metadata: { readonly name: string; readonly version: string };
    readonly download_info: { readonly archive_info: { readonly hashes: { readonly sha256: string } } };
  }[];
};
const lines = report.install
  .map(({ metadata: { name, version }, download_info: { archive_info } }) => {
    const { sha256 } = archive_info.hashes;
    return `${name.toLowerCase()}==${version} --hash=sha256:${sha256}`;
  })
  .sort();
await writeFile(
  file,
  `# Written by test/tools/pin-python.ts for: ${requirements.join(' ')}\n${lines.join('\n')}\n`,
);
