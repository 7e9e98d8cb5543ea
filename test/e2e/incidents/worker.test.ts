import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { pathsFrom } from '../../../main/agent/paths.ts';
import { createCommandLine } from '../../world/demo/command-line.ts';
import { type RunningWorker, startWorker } from '../../world/worker.ts';
import { startWorld } from '../../world/world.ts';
import { blocksUnder } from './runbook.ts';

// docs/runbook.md: the secret that permits publishing, and the key that signs releases. The Worker is the real one;
// `wrangler secret put` and `delete` change its secrets.

const release = { version: '1.4.0', rollout: 100, notes: '', url: 'https://acme.example/1.4.0' };
const patience = { timeout: 20_000, interval: 100 };
let folder: string;
let worker: RunningWorker;
let secrets: Record<string, string>;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'incident-'));
  await mkdir(path.join(folder, 'resources/worker'), { recursive: true });
});
afterEach(async () => {
  await worker?.close();
  await rm(folder, { recursive: true });
});

/** Runs a block of the runbook; what is given to wrangler goes into the Worker. Resolves with what it prints. */
async function typed(text: string, env: Readonly<Record<string, string>> = {}): Promise<string> {
  const changes = path.join(folder, 'changes');
  await mkdir(changes, { recursive: true });
  const npx = `npx() { case "$2 $3" in "secret put") cat > "${changes}/$4";; "secret delete") echo "$4" > "${changes}/deleted";; *) return 1;; esac; }`;
  const { stdout } = await execa('bash', ['-euo', 'pipefail', '-c', `${npx}\n${text}`], { cwd: folder, env });
  const given = async (name: string) => readFile(path.join(changes, name), 'utf8').catch(() => undefined);
  for (const name of ['PUBLISH_SECRET', 'PUBLISH_SECRET_NEXT', 'SIGNING_KEY']) {
    const value = await given(name);
    if (value !== undefined) secrets[name] = value;
  }
  delete secrets[(await given('deleted'))?.trim() ?? ''];
  await rm(changes, { recursive: true });
  await worker.setBindings(secrets);
  return stdout;
}
const publish = (secret: string, more: object = {}) =>
  fetch(`${worker.url}/v1/releases/stable`, {
    method: 'POST',
    headers: { authorization: `Bearer ${secret}` },
    body: JSON.stringify({ ...release, ...more }),
  });
const shellOf = async (title: string) =>
  (await blocksUnder(title)).filter(({ info }) => info === 'sh').map(({ text }) => text);

async function start(bindings: Readonly<Record<string, string>>): Promise<void> {
  secrets = { ...bindings };
  worker = await startWorker({ bindings: secrets });
}

test('after its rotation the old publish secret is refused; with a next one both are accepted between', async (context) => {
  context.skip((await execa('curl', ['--version'], { reject: false })).exitCode !== 0, 'no curl');
  const [rotate = '', finish = '', verify = ''] = await shellOf('The secret that permits publishing');
  const [, , makeKey = ''] = (await shellOf('The key that signs releases'))[0]?.split('\n') ?? [];
  await start({ PUBLISH_SECRET: 'old-secret' });
  await typed(`cd resources/worker\nopenssl genpkey -algorithm ed25519 -out releases.key\n${makeKey}`);
  expect((await publish('old-secret')).status).toBe(200);
  const refused = (secret: string) =>
    typed(verify.replaceAll('https://k8s-tunnels-releases.acme.workers.dev', worker.url), {
      OLD_SECRET: secret,
    });
  // Accepted, and malformed: the request of the runbook has no body.
  expect(await refused('old-secret')).toBe('400');

  await typed(rotate);
  const current = secrets.PUBLISH_SECRET ?? '';
  expect(current).toMatch(/^[0-9a-f]{64}$/);
  expect(await refused('old-secret')).toBe('401');
  expect((await publish('old-secret', { version: '6.6.6' })).status).toBe(401);
  // What was announced with it is withdrawn.
  expect((await publish(current, { version: '1.3.0', replace: true })).status).toBe(200);

  await typed(rotate.replace('secret put PUBLISH_SECRET', 'secret put PUBLISH_SECRET_NEXT'));
  const next = secrets.PUBLISH_SECRET_NEXT ?? '';
  for (const secret of [current, next]) expect((await publish(secret)).status).toBe(200);
  await typed(finish);
  expect([(await publish(current)).status, (await publish(next)).status]).toEqual([401, 200]);
  expect(secrets).not.toHaveProperty('PUBLISH_SECRET_NEXT');
});

test('with an empty next secret nobody publishes by an empty one', async () => {
  await start({ PUBLISH_SECRET_NEXT: '', SIGNING_KEY: 'x' });
  for (const secret of ['', ' ', 'undefined']) expect((await publish(secret)).status).toBe(503);
});

test('releases of the removed key are refused, and what it announced disappears; two keys count between', async () => {
  const [make = ''] = await shellOf('The key that signs releases');
  const [incident = '', between = ''] = (await blocksUnder('The key that signs releases'))
    .filter(({ info }) => info.startsWith('yaml'))
    .map(({ text }) => text);
  await start({ PUBLISH_SECRET: 'secret' });
  const oldKey = (await typed(make)).trim();
  await publish('secret');
  const world = await startWorld();
  const commandLine = await createCommandLine(world, { K8S_TUNNELS_RELEASES_EVERY_SECONDS: '1' });
  const managed = world.env.K8S_TUNNELS_MANAGED_CONFIG ?? '';
  const configure = async (text: string, ...keys: readonly string[]) => {
    const [first = '', second = ''] = keys;
    const own = text
      .replace('https://k8s-tunnels-releases.acme.workers.dev', worker.url)
      .replace('11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=', first)
      .replace('gEknmR9wJjPJqLlv+6wxuSrLoVmLoUDJkW6crTqnH6Y=', second);
    await writeFile(managed, `version: 1\nname: Acme\n${own}`, { mode: 0o600 });
    await commandLine.tunnels('setup', '--refresh');
  };
  const shows = (version: string | undefined) =>
    vi.waitFor(async () => {
      const { release: shown } = await commandLine.snapshot();
      expect(shown?.version).toBe(version);
    }, patience);
  const log = () => readFile(path.join(pathsFrom(world.env).state, 'agent.log'), 'utf8');
  try {
    await configure(incident, oldKey);
    await shows('1.4.0');
    // A planned rotation: both, then the new key signs, and nothing is refused.
    const oldSecrets = { ...secrets };
    const newKey = (await typed(make)).trim();
    expect(newKey).not.toBe(oldKey);
    await configure(between, oldKey, newKey);
    await shows('1.4.0');
    await publish('secret', { version: '1.5.0' });
    await shows('1.5.0');
    expect(await log()).not.toContain('not pinned');
    // The old key signs again, as its thief would with the feed: it counts no more.
    await worker.setBindings(oldSecrets);
    await publish('secret', { version: '6.6.6' });
    await shows('6.6.6');
    await configure(incident, newKey);
    await shows(undefined);
    await vi.waitFor(
      async () => expect(await log()).toContain('signed with a key that is not pinned'),
      patience,
    );
    await worker.setBindings(secrets);
    await publish('secret', { version: '1.5.1', replace: true });
    await shows('1.5.1');
  } finally {
    await commandLine.stop();
    await world.close();
  }
});
