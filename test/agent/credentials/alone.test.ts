import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { credentialAlone } from '../../../main/agent/credentials/alone.ts';
import { silentLogger, systemClock } from '../../../main/agent/parts.ts';
import { pathsFrom } from '../../../main/agent/paths.ts';
import { openConfStore } from '../../../main/agent/settings/conf-store.ts';

let home: string;
beforeEach(async () => {
  home = await mkdtemp(path.join(tmpdir(), 'k8s-tunnels-alone-'));
});
afterEach(() => rm(home, { recursive: true, force: true }));

test('without an agent, settings that cannot be read are repaired as the agent repairs them', async () => {
  const env = { HOME: home, XDG_CONFIG_HOME: path.join(home, 'config') };
  const paths = pathsFrom(env);
  const file = path.join(paths.config, 'settings.json');
  await mkdir(paths.config, { recursive: true });
  await writeFile(file, '{"catalogMaxAge');
  await writeFile(`${file}.good`, '{"credentialStartsAgent": false}');
  const notices: unknown[] = [];
  const asked = credentialAlone(
    {
      env,
      paths,
      clock: systemClock,
      logger: { ...silentLogger, info: (_message, fields) => notices.push(fields?.message) },
      openStore: () => openConfStore(paths.config),
      sealer: { kind: 'headless' },
    },
    { cluster: 'orders' },
  );
  await expect(asked).rejects.toMatchObject({ code: 'not-found' });
  expect(JSON.parse(await readFile(file, 'utf8'))).toMatchObject({ credentialStartsAgent: false });
  expect(await readdir(paths.config)).toContain('settings.json.unreadable');
  expect(notices).toContainEqual(expect.stringContaining(`${file} could not be read`));
});
