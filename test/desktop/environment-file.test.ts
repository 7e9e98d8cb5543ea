import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { environmentFile } from '../../main/desktop/environment-file.ts';

let home: string;
beforeEach(async () => {
  home = await mkdtemp(path.join(tmpdir(), 'environment-file-'));
});
afterEach(() => rm(home, { recursive: true, force: true }));
const read = () => environmentFile({ env: {}, config: home, home });
const setting = (value: unknown) =>
  writeFile(path.join(home, 'settings.json'), JSON.stringify({ environmentFile: value }));

test.each([
  ['the whole path', () => path.join(home, 'own.env')],
  ['~/', () => '~/own.env'],
  ['a path beside the settings', () => 'own.env'],
])('its variables are read, by %s', async (_how, named) => {
  const text = '# work\nexport AWS_PROFILE=work\nNO_PROXY=a,b\nQUOTED="two words"\n';
  await writeFile(path.join(home, 'own.env'), text, { mode: 0o600 });
  await setting(named());
  expect(await read()).toEqual({
    variables: { AWS_PROFILE: 'work', NO_PROXY: 'a,b', QUOTED: 'two words' },
  });
});

test('without the setting there are none', async () => {
  expect(await read()).toEqual({ variables: {} });
  for (const value of ['', 7]) {
    await setting(value);
    expect(await read()).toEqual({ variables: {} });
  }
  await writeFile(path.join(home, 'settings.json'), '{');
  expect(await read()).toEqual({ variables: {} });
});

test.skipIf(process.platform === 'win32')(
  'a file that cannot be used is named, with the reason',
  async () => {
    await setting('own.env');
    expect(await read()).toEqual({
      variables: {},
      warning: expect.stringMatching(
        /own\.env, named by the setting environmentFile, could not be read \(ENOENT\)/,
      ),
    });
    await writeFile(path.join(home, 'own.env'), 'BROWSER=/tmp/evil\n');
    await chmod(path.join(home, 'own.env'), 0o666);
    expect(await read()).toEqual({
      variables: {},
      warning: expect.stringMatching(
        /is not used, because .*own\.env may be changed by other accounts.*chmod go-w/,
      ),
    });
  },
);
