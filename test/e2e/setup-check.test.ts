import { generateKeyPairSync } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { CheckReport } from '../../main/cli/setup/check-report.ts';
import { runCli } from '../cli/run-cli.ts';
import { catalogHost, startWorld, type World } from '../world/world.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld({ releases: true, catalog: true });
});
afterAll(() => world.close());

/** Of a build that has nothing but the network: no setup, no agent. */
async function check(text: string) {
  const file = path.join(world.home, 'organisation.yaml');
  await writeFile(file, text);
  const env = {
    ...world.env,
    HOME: world.home,
    PATH: '/usr/bin:/bin',
    K8S_TUNNELS_MANAGED_CONFIG: path.join(world.home, 'none.yaml'),
  };
  const { code, stdout } = await runCli(['setup', '--check', file, '--json'], { env });
  return { code, report: JSON.parse(stdout) as CheckReport };
}

const publicKey = () => {
  const key = generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'der' });
  return key.subarray(-32).toString('base64');
};
const configuration = (feedKey: string | undefined, team = 'acme.cloudflareaccess.com') =>
  [
    'version: 1',
    'name: Acme',
    'revision: 1',
    `access: {team: ${team}}`,
    'sources:',
    `  vault: {addresses: [{address: "${world.vault.url}", mounts: [clusters]}]}`,
    `  catalog: {url: "https://${catalogHost}", publicKeys: ["${publicKey()}"]}`,
    `releases: {url: "${world.releases?.url}", publicKey: "${feedKey}"}`,
    '',
  ].join('\n');

test('every address of the organisation answers: Access, Vault, the catalog behind Access, the feed', async () => {
  const good = configuration(world.releases?.publicKey);
  expect((await check(good)).report.addresses).toContainEqual(
    expect.objectContaining({ field: 'releases.url', ok: true, message: 'publishes no release yet' }),
  );
  await world.releases?.publish('stable', {
    version: '9.9.9',
    rollout: 5,
    notes: 'New',
    url: 'https://acme.example/9',
  });
  const { code, report } = await check(good);
  expect(report.addresses).toMatchObject([
    { field: 'access.team', ok: true, message: expect.stringMatching(/^has \d signing keys?$/) },
    { field: 'sources.vault.addresses[0].address', ok: true, message: 'is active' },
    { field: 'sources.catalog.url', ok: true, message: 'is behind Access (acme.cloudflareaccess.com)' },
    { field: 'releases.url', ok: true, message: 'publishes 9.9.9, and its signature is good' },
  ]);
  expect([code, report.ok]).toEqual([0, true]);
});

test('a feed whose key is another one, and a team that is not there, are found', async () => {
  const { code, report } = await check(configuration(publicKey(), 'acne.cloudflareaccess.com'));
  expect(code).toBe(6);
  expect(report.addresses).toMatchObject([
    { field: 'access.team', line: 4, ok: false },
    { field: 'sources.vault.addresses[0].address', ok: true },
    { field: 'sources.catalog.url', ok: false, fix: expect.stringContaining('correct access.team') },
    { field: 'releases.url', ok: false, message: expect.stringContaining('not pinned') },
  ]);
});
