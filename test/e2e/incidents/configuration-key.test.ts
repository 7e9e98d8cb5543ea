import { readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createSigner, type Publisher, startPublisher } from '../../agent/organisation/publisher.ts';
import { type CommandLine, createCommandLine } from '../../world/demo/command-line.ts';
import { startWorld, type World } from '../../world/world.ts';
import { linesUnder } from './runbook.ts';

// docs/runbook.md: the key that signs the configuration.

let world: World;
let commandLine: CommandLine;
let publisher: Publisher;
beforeAll(async () => {
  [world, publisher] = await Promise.all([startWorld(), startPublisher()]);
  const authorities = path.join(world.home, 'authorities.pem');
  const known = await readFile(world.env.NODE_EXTRA_CA_CERTS ?? '', 'utf8');
  await writeFile(authorities, known + publisher.authority);
  await rm(world.env.K8S_TUNNELS_MANAGED_CONFIG ?? '', { force: true });
  commandLine = await createCommandLine(world, { NODE_EXTRA_CA_CERTS: authorities, NO_PROXY: '127.0.0.1' });
});
afterAll(async () => {
  await commandLine?.stop();
  await Promise.all([world?.close(), publisher?.close()]);
});

test('who replaces the key refuses what the old one signed, and takes what the new one signs', async () => {
  const [old, next] = [createSigner(), createSigner()];
  const place = '/k8s-tunnels.yaml';
  const publish = (text: string, signer: ReturnType<typeof createSigner>) => {
    publisher.publish(place, text);
    publisher.publish(`${place}.sig`, signer.sign(text));
  };
  const run = (...args: readonly string[]) => commandLine.run('k8s-tunnels', args);
  const [replace = '', refresh] = await linesUnder('The key that signs the configuration');
  expect(refresh).toBeUndefined();
  publish('version: 1\nname: Acme\nrevision: 1\n', old);
  const address = `${publisher.url}${place}`;
  expect(await run('setup', address, '--key', old.key, '--yes')).toMatchObject({ code: 0 });

  // The new key signs; until the user replaces the old one, the last good configuration stays.
  publish('version: 1\nname: Acme anew\nrevision: 2\n', next);
  const refused = { code: 1, stderr: expect.stringContaining("is not the organisation's") };
  expect(await run('setup', '--refresh')).toMatchObject(refused);
  expect((await run('setup')).stdout).not.toContain('Acme anew');
  const typed = replace
    .replace('https://acme.example/k8s-tunnels.yaml', address)
    .replace('11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=', next.key);
  expect(await commandLine.run('bash', ['-c', typed])).toMatchObject({ code: 0 });
  expect((await run('setup')).stdout).toContain('Acme anew');

  publish('version: 1\nname: Evil\nrevision: 3\n', old);
  expect(await run('setup', '--refresh')).toMatchObject(refused);
  expect((await run('setup')).stdout).not.toContain('Evil');
});
