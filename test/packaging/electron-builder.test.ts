import { readFile } from 'node:fs/promises';
import { DebugLogger } from 'builder-util';
import { expect, test } from 'vitest';
import { parse } from 'yaml';

/** electron-builder's own check of its configuration, which otherwise runs only when a package is built. */
async function validate(configuration: unknown): Promise<void> {
  const { validateConfiguration } = await import('app-builder-lib/out/util/config/config.js');
  await validateConfiguration(configuration as never, new DebugLogger(false));
}

test('electron-builder.yml is valid and turns every fuse the safe way', async () => {
  const configuration = parse(await readFile(new URL('../../electron-builder.yml', import.meta.url), 'utf8'));
  await expect(validate(configuration)).resolves.toBeUndefined();
  expect(configuration.electronFuses).toEqual({
    runAsNode: false,
    enableCookieEncryption: true,
    enableNodeOptionsEnvironmentVariable: false,
    enableNodeCliInspectArguments: false,
    enableEmbeddedAsarIntegrityValidation: true,
    onlyLoadAppFromAsar: true,
    grantFileProtocolExtraPrivileges: false,
  });
});

test('a field that electron-builder does not know is refused', async () => {
  await expect(validate({ appId: 'x', noSuchField: true })).rejects.toThrow(/noSuchField/);
});
