import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { pathsFrom } from '../../main/agent/paths.ts';
import { pinnedKeys } from '../../main/agent/providers/catalog/signatures.ts';
import { openManifest, verifyRecords } from '../../main/agent/providers/catalog/verify-catalog.ts';
import type { Output } from '../../main/api/contract.ts';
import { catalogAnswerSchema } from '../../main/model/published-catalog.ts';
import { configFiles, stateFiles } from '../../scripts/reference/files.ts';
import { root } from '../docs/blocks.ts';
import { createKubeClient } from '../world/demo/kube-client.ts';
import { stepsOfDocument } from './admin-walk/steps.ts';
import { organisationFiles, startWalk, type Walk, writeAndSign } from './admin-walk/walk.ts';

// docs/admin.md from top to bottom, for an organisation that has nothing in common with the document's: each block is
// executed in its order, or listed with the reason. What follows is what its people then have.

let walk: Walk;
beforeAll(async () => {
  walk = await startWalk();
}, 60_000);
afterAll(() => walk?.close());

const patience = { timeout: 120_000 };
const run = (...args: readonly string[]) => walk.commandLine.run('k8s-tunnels', args);
const connect = async (...args: readonly string[]) =>
  (await walk.commandLine.tunnels<Output<'connect'>>('connect', ...args)).results;

const { found, wrong } = await stepsOfDocument();

test('every block of docs/admin.md has its step, and every step its block', () => {
  expect(wrong).toEqual([]);
});

for (const { block, step } of found) {
  if (step.left !== undefined) continue;
  test(`${block.at}: ${step.has.split('\n')[0]}`, patience, async () => step.run?.(walk, block.text));
}

const titles = async () => {
  const { clusters } = await walk.commandLine.tunnels<Output<'snapshot'>>('list');
  return clusters.map(({ source, title }) => `${source} ${title}`).sort((a, b) => a.localeCompare(b));
};

test('people find their clusters, by the prefix, the accounts and the mount of the organisation', async () => {
  expect((await run('discover')).code).toBe(0);
  // Neither what is switched off nor what is in a region that is not named.
  expect(await titles()).toEqual(['eks orders-us', 'eks payments-staging', 'eks stock', 'vault press']);
});

test('lint-tags names what is tagged in another organisation’s way', async () => {
  const { code, stdout } = await run('lint-tags', '--json');
  expect(code).toBe(6);
  const { $defs, $schema } = JSON.parse(
    await readFile(path.join(root, 'docs/json-output.schema.json'), 'utf8'),
  );
  z.fromJSONSchema({ $schema, ...$defs['lint-tags'] }).parse(JSON.parse(stdout));
  const { findings } = JSON.parse(stdout) as {
    readonly findings: readonly { readonly title: string; readonly commands: readonly string[] }[];
  };
  expect(findings.map(({ title }) => title)).toContain('stock');
  expect(findings.flatMap(({ commands }) => commands).join('\n')).toContain('globex-origin');
});

test(
  'a user reaches a cluster of EKS, and production, which is called prd, is guarded',
  patience,
  async () => {
    expect(await connect('payments-staging')).toMatchObject([{ status: 'connected' }]);
    expect((await run('connect', 'orders-us', '--switch')).code).not.toBe(0);
    expect(await connect('orders-us', '--switch', '--production')).toMatchObject([{ status: 'connected' }]);
    expect(await createKubeClient(walk.commandLine).namespaces('orders-us')).toContain('orders');
  },
);

test('a machine with the service token reaches the factory, and no other', patience, async () => {
  const secret = path.join(organisationFiles(walk), 'client-secret');
  const right = await readFile(secret, 'utf8');
  await writeFile(secret, 'wrong');
  const wrongToken = await run('connect', 'press', '--add', '--json');
  expect(wrongToken.code).toBe(3);
  expect(wrongToken.stdout).toContain(`denies access to the service token of ${secret}`);
  await writeFile(secret, right);
  expect(await connect('press', '--add')).toMatchObject([{ status: 'connected' }]);
  expect(await createKubeClient(walk.commandLine).namespaces('press')).toContain('press');
  // Closed again, it is still one that may be reached.
  await walk.commandLine.tunnels('disconnect', 'press');
  await vi.waitFor(async () => expect((await run('list')).stdout).toContain('press'));
});

test('the release of its own Worker is announced', patience, async () => {
  await vi.waitFor(
    async () => expect((await walk.commandLine.snapshot()).release).toMatchObject({ version: '1.4.0' }),
    { timeout: 20_000, interval: 100 },
  );
});

test(
  'the catalog in its own Worker is for the groups of the tags, signed by its key alone',
  patience,
  async () => {
    const catalog = walk.made.get('catalog') ?? '';
    const keys = [walk.made.get('catalog public key') ?? ''];
    const asked = async (group: string) => {
      const assertion = await walk.team.assertion({ custom: { groups: [group] } });
      const answer = await fetch(`${catalog}/v1/catalog`, {
        headers: { 'cf-access-jwt-assertion': assertion },
      });
      return catalogAnswerSchema.parse(await answer.json());
    };
    const namesFor = async (group: string, by: readonly string[]) => {
      const [answer, pinned] = [await asked(group), pinnedKeys(by)];
      const manifest = await openManifest(answer.manifest, pinned);
      const verified = new Set<string>();
      return (await verifyRecords(answer, manifest, { keys: pinned, verified })).map(({ name }) => name);
    };
    expect(await namesFor('sre', keys)).toEqual(['payments-staging']);
    expect(await namesFor('other', keys)).toEqual([]);
    await expect(namesFor('sre', [walk.made.get('releases key') ?? ''])).rejects.toThrow();
  },
);

test('an older configuration is refused, also with a good signature', patience, async () => {
  const file = path.join(walk.folder, 'k8s-tunnels.yaml');
  const now = await readFile(file, 'utf8');
  await writeAndSign(walk, now.replace(/^revision: \d+/m, 'revision: 1'));
  await walk.host();
  const { stdout, stderr } = await run('setup', '--refresh');
  expect(stdout + stderr).not.toContain('The configuration has changed.');
  expect((await run('setup')).stdout).toContain('Globex');
  await writeFile(file, now);
  await writeAndSign(walk, now);
  await walk.host();
});

test(
  'the signing key is replaced with two at once; then the old one counts for nothing',
  patience,
  async () => {
    const file = path.join(walk.folder, 'k8s-tunnels.yaml');
    const before = await readFile(file, 'utf8');
    const [newKey = '', signWithBoth = ''] = (walk.made.get('rotate') ?? '').split('\n');
    const key = walk.made.get('key') ?? '';
    const next = (await walk.bash(newKey)).trim();
    const onlyNext = signWithBoth.replace('--key-file organisation.key ', '');
    const publish = async (revision: number, keys: readonly string[], sign: string) => {
      const signing = keys.length === 0 ? '' : `signing: { publicKeys: ['${keys.join("', '")}'] }\n`;
      await writeFile(file, before.replace(/^revision: \d+.*\n/m, `revision: ${revision}\n${signing}`));
      await walk.bash(sign);
      await walk.host();
      return run('setup', '--refresh');
    };
    expect(await publish(10, [key, next], signWithBoth)).toMatchObject({ code: 0 });
    expect(await publish(11, [next], signWithBoth)).toMatchObject({ code: 0 });
    expect((await run('setup', '--show')).stdout).toContain(next);
    expect(await publish(12, [next], onlyNext)).toMatchObject({ code: 0 });
    const stolen = await publish(13, [], walk.made.get('sign') ?? 'false');
    expect(stolen.code).not.toBe(0);
    expect(stolen.stderr).toContain("is not the organisation's");
    expect((await run('setup', '--show')).stdout).toMatch(/revision +12/);
    await publish(14, [next], onlyNext);
    walk.made.set('sign', onlyNext);
  },
);

test(
  'a managed file of an older revision, or without its signature, is refused and says so',
  patience,
  async () => {
    const folder = path.join(walk.folder, 'managed');
    const file = path.join(folder, 'organisation.yaml');
    await mkdir(folder, { mode: 0o755 });
    const now = await readFile(path.join(walk.folder, 'k8s-tunnels.yaml'), 'utf8');
    await writeFile(file, now, { mode: 0o644 });
    const env = { ...(await walk.computer()), K8S_TUNNELS_MANAGED_CONFIG: file };
    const there = (line: string) => walk.bash(line, { instead: walk.product, env });
    try {
      expect(await there('k8s-tunnels setup --show')).toMatch(/revision +14/);
      await writeFile(file, now.replace(/^revision: 14$/m, 'revision: 13'));
      const refused = there('k8s-tunnels setup --refresh');
      await expect(refused).rejects.toThrow(/older revision .*\(13 after 14\)/);
      await there('k8s-tunnels quit');
      expect(await there('k8s-tunnels setup --show')).toMatch(/revision +14/);
      await writeFile(file, now);
      await cp(path.join(walk.folder, 'k8s-tunnels.yaml.sig'), `${file}.sig`);
      await writeFile(
        path.join(folder, 'organisation.keys'),
        `${walk.made.get('key')} # the old one alone\n`,
      );
      await expect(there('k8s-tunnels setup --refresh')).rejects.toThrow("is not the organisation's");
    } finally {
      await there('k8s-tunnels quit');
    }
  },
);

test('every file that the walk has left is one of the reference', async () => {
  const { config, state } = pathsFrom(walk.world.env);
  const unknown = async (folder: string, rows: readonly (readonly [string, string])[]) => {
    const known = rows.flatMap(([name, text]) => [
      name,
      ...[...text.matchAll(/`([\w.-]+)`/g)].map(([, one = '']) => one),
    ]);
    const files = await readdir(folder, { recursive: true, withFileTypes: true });
    return files
      .filter((file) => file.isFile())
      .map((file) => path.relative(folder, path.join(file.parentPath, file.name)))
      .filter((name) => !known.some((one) => (one.endsWith('/') ? name.startsWith(one) : name === one)));
  };
  expect(await unknown(config, configFiles)).toEqual([]);
  expect(await unknown(state, stateFiles)).toEqual([]);
});
