import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parse as parseHcl } from '@cdktf/hcl2json';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { pathsFrom } from '../../main/agent/paths.ts';
import type { Output } from '../../main/api/contract.ts';
import { createSigner, type Publisher, startPublisher } from '../agent/organisation/publisher.ts';
import { type Block, blocksOf } from '../docs/blocks.ts';
import { type CommandLine, createCommandLine } from '../world/demo/command-line.ts';
import { createKubeClient } from '../world/demo/kube-client.ts';
import { inCallbackTurn } from '../world/free-ports.ts';
import { type ReleaseFeed, startReleaseFeed } from '../world/releases/feed.ts';
import { secondPlan } from '../world/second-plan.ts';
import { startWorld, type World } from '../world/world.ts';

// A person who has docs/admin.md alone: the configuration and the tags are the document's own lines, with this world's
// addresses in the place of the made-up ones.

let world: World;
let commandLine: CommandLine;
let publisher: Publisher;
let feed: ReleaseFeed;
let organisation: string;
let tokens: { readonly id: string; readonly secret: string };
const signer = createSigner();
const place = '/k8s-tunnels.yaml';

function only(blocks: readonly Block[], isIt: (block: Block) => boolean): string {
  const found = blocks.filter(isIt);
  if (found.length !== 1) throw new Error(`${found.length} blocks of docs/admin.md fit`);
  return found[0]?.text ?? '';
}

/** The tags of the document's `aws_eks_cluster` of that name. */
async function terraformTags(text: string, name: string): Promise<Record<string, string>> {
  const { resource } = (await parseHcl('tags.tf', text)) as {
    readonly resource: Record<string, Record<string, readonly { readonly tags: Record<string, string> }[]>>;
  };
  return resource.aws_eks_cluster?.[name]?.[0]?.tags ?? {};
}

/** The fields of the document's `vault kv put`. */
function vaultFields(text: string): Record<string, string> {
  const words = text.replaceAll('\\\n', ' ').trim().split(/\s+/);
  return Object.fromEntries(
    words.filter((word) => /^[\w-]+=/.test(word)).map((word) => word.split('=') as [string, string]),
  );
}

function substituted(text: string, values: Readonly<Record<string, string>>): string {
  return Object.entries(values).reduce((all, [made, real]) => {
    if (!all.includes(made)) throw new Error(`docs/admin.md does not say ${made}`);
    return all.replaceAll(made, real);
  }, text);
}

beforeAll(async () => {
  const blocks = await blocksOf('docs/admin.md');
  const hcl = only(blocks, ({ text }) => text.includes('"aws_eks_cluster" "orders"'));
  world = await startWorld({
    plan: secondPlan({
      eks: await terraformTags(hcl, 'orders'),
      vault: vaultFields(only(blocks, ({ text }) => text.startsWith('vault kv put'))),
    }),
  });
  // Nobody has signed in to anything, and no profile says where to.
  for (const left of ['.aws', '.azure', '.vault-token', '.config/gcloud'])
    await rm(path.join(world.home, left), { recursive: true });
  publisher = await startPublisher();
  feed = await startReleaseFeed();
  // The user has no administrator's rights: the folder of the user takes the place of /etc/k8s-tunnels.
  const files = path.join(pathsFrom(world.env).config, 'organisation-files');
  await mkdir(files, { recursive: true, mode: 0o700 });
  tokens = { id: path.join(files, 'client-id'), secret: path.join(files, 'client-secret') };
  organisation = substituted(
    only(blocks, ({ kind }) => kind === 'organisation globex'),
    {
      'https://vault.globex.example:8200': world.vault.url,
      'https://releases.globex.example': feed.url,
      '11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=': feed.publicKey,
      '/etc/k8s-tunnels/service-token/client-id': tokens.id,
      '/etc/k8s-tunnels/service-token/client-secret': tokens.secret,
    },
  );
  const authorities = path.join(world.home, 'authorities.pem');
  await writeFile(
    authorities,
    (await readFile(world.env.NODE_EXTRA_CA_CERTS ?? '', 'utf8')) + publisher.authority,
  );
  commandLine = await createCommandLine(world, {
    NODE_EXTRA_CA_CERTS: authorities,
    NO_PROXY: '127.0.0.1',
    VAULT_ADDR: '',
    K8S_TUNNELS_RELEASES_EVERY_SECONDS: '1',
  });
});
afterAll(async () => {
  await commandLine?.stop();
  await Promise.all([world?.close(), publisher?.close(), feed?.close()]);
});

const run = (...args: readonly string[]) => commandLine.run('k8s-tunnels', args);
const titles = async () => {
  const { clusters } = await commandLine.tunnels<Output<'snapshot'>>('list');
  return clusters.map(({ source, title }) => `${source} ${title}`).sort((a, b) => a.localeCompare(b));
};
const connect = async (...args: readonly string[]) =>
  (await commandLine.tunnels<Output<'connect'>>('connect', ...args)).results;

test('setup by the document’s file, from an address, signed', async () => {
  publisher.publish(place, organisation);
  const setup = ['setup', `${publisher.url}${place}`, '--key', signer.key];
  expect((await run(...setup, '--yes')).code).not.toBe(0);
  publisher.publish(`${place}.sig`, signer.sign(organisation));
  expect((await run(...setup)).stderr).toContain(
    `The service token of ${tokens.secret}, if it exists, is sent to press.k8s.globex.example.`,
  );
  const done = await run(...setup, '--yes');
  expect(done).toMatchObject({ code: 0, stdout: '✓ Set up for Globex\n' });
  expect((await run('setup')).stdout).toContain('Globex');
});

test('sign in and find what is there, by its own prefix, accounts and mount', async () => {
  for (const provider of ['aws', 'vault'])
    expect(await inCallbackTurn(() => run('login', provider))).toMatchObject({ code: 0 });
  expect((await run('discover')).code).toBe(0);
  // Neither what is switched off nor what lies in a region that is not named.
  expect(await titles()).toEqual(['eks orders-us', 'eks stock', 'vault press']);
});

test('lint-tags names what is tagged in another organisation’s way', async () => {
  const { code, stdout } = await run('lint-tags', '--json');
  expect(code).toBe(6);
  const { findings } = JSON.parse(stdout) as {
    readonly findings: readonly { readonly title: string; readonly commands: readonly string[] }[];
  };
  expect(new Set(findings.map(({ title }) => title))).toEqual(new Set(['stock']));
  expect(findings.flatMap(({ commands }) => commands).join('\n')).toContain('globex-origin');
});

test('a person reaches the cluster of EKS, its production guarded', async () => {
  expect((await run('connect', 'orders-us', '--switch')).code).not.toBe(0);
  expect(await connect('orders-us', '--switch', '--production')).toMatchObject([{ status: 'connected' }]);
  expect(await createKubeClient(commandLine).namespaces('orders-us')).toContain('orders');
});

test('no person passes to the factory; a machine with the service token does, and only there', async () => {
  const refused = await run('connect', 'press', '--add', '--json');
  expect(refused.code).toBe(3);
  expect(refused.stdout).toContain('access-denied');
  const listed = async () => (await run('list')).stdout;
  await vi.waitFor(async () => expect(await listed()).not.toContain('press'));

  const { clientId, clientSecret } = world.access.addServiceToken(['press.k8s.globex.example']);
  await writeFile(tokens.id, clientId);
  await writeFile(tokens.secret, 'wrong');
  const wrong = await run('connect', 'press', '--add', '--json');
  expect(wrong.code).toBe(3);
  expect(wrong.stdout).toContain(`denies access to the service token of ${tokens.secret}`);

  await writeFile(tokens.secret, `${clientSecret}\n`);
  expect(await connect('press', '--add')).toMatchObject([{ status: 'connected' }]);
  expect(await createKubeClient(commandLine).namespaces('press')).toContain('press');
  // Closed again, it is still one that may be reached.
  await commandLine.tunnels('disconnect', 'press');
  await vi.waitFor(async () => expect(await listed()).toContain('press'));
});

test('a release of its own Worker is told of', async () => {
  const answer = await feed.publish('stable', {
    version: '2.0.0',
    rollout: 100,
    notes: 'New.',
    url: 'https://globex.example/2.0.0',
  });
  expect(answer.status).toBe(200);
  await vi.waitFor(
    async () => {
      const { release } = await commandLine.snapshot();
      expect(release).toMatchObject({ version: '2.0.0' });
    },
    { timeout: 20_000, interval: 100 },
  );
});
