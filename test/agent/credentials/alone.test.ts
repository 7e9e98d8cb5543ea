import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createCatalog } from '../../../main/agent/catalog/catalog.ts';
import { credentialAlone } from '../../../main/agent/credentials/alone.ts';
import { silentLogger, systemClock } from '../../../main/agent/parts.ts';
import { pathsFrom } from '../../../main/agent/paths.ts';
import { openConfStore } from '../../../main/agent/settings/conf-store.ts';
import { cell, eksCluster, listed } from '../catalog/clusters.ts';

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

test('without an agent, a production cluster that opens read-only gives no credential either', async () => {
  const managed = path.join(home, 'managed.yaml');
  const env = { HOME: home, XDG_CONFIG_HOME: path.join(home, 'config'), K8S_TUNNELS_MANAGED_CONFIG: managed };
  const paths = pathsFrom(env);
  const parts = { clock: systemClock, logger: silentLogger };
  const catalog = await createCatalog({ ...parts, folder: path.join(paths.state, 'catalog') });
  catalog.apply(cell(listed(eksCluster('ledger', { tags: { 'k8s-tunnels-environment': 'live' } }))));
  await catalog.flush();
  await catalog.close();
  const asked = () =>
    credentialAlone(
      { ...parts, env, paths, openStore: () => openConfStore(paths.config), sealer: { kind: 'headless' } },
      { cluster: 'ledger' },
    );
  // The agent that knew the cluster knew nothing of this configuration.
  await writeFile(managed, 'version: 1\nname: Acme\nproduction: {environments: [live], readOnly: true}\n');
  await expect(asked()).rejects.toMatchObject({ code: 'production-read-only' });
  await writeFile(managed, 'version: 1\nname: Acme\nproduction: {environments: [live]}\n');
  await expect(asked()).rejects.not.toMatchObject({ code: 'production-read-only' });
});
