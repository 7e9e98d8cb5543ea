import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { encodeValue } from '../../main/agent/catalog/tag-codec.ts';
import { readTags } from '../../main/agent/catalog/tags.ts';
import { root } from './blocks.ts';
import { dataSources, resources } from './cloudflare-schema.ts';
import { startProvider } from './terraform-provider.ts';

// The example of Terraform in a real Terraform or OpenTofu, which knows the schema of the Cloudflare provider from a double.

const found = await Promise.all(
  ['terraform', 'tofu'].map(async (name) => {
    const { exitCode } = await execa(name, ['version'], { reject: false });
    return exitCode === 0 ? [name] : [];
  }),
);
const [program = ''] = found.flat();
const missing = program === '' ? 'neither terraform nor tofu is installed' : undefined;

let folder: string;
let provider: Awaited<ReturnType<typeof startProvider>>;

beforeAll(async () => {
  // OpenTofu has a registry of its own.
  const registry = program === 'tofu' ? 'registry.opentofu.org' : 'registry.terraform.io';
  provider = await startProvider({ address: `${registry}/cloudflare/cloudflare`, resources, dataSources });
});
afterAll(() => provider.close());

beforeEach(async (context) => {
  context.skip(missing !== undefined, missing);
  folder = await mkdtemp(path.join(tmpdir(), 'terraform-'));
  await cp(path.join(root, 'resources/examples/terraform'), folder, { recursive: true });
  await writeFile(path.join(folder, 'no.tfrc'), '');
  return () => rm(folder, { recursive: true });
});

async function terraform(...args: readonly string[]) {
  const { exitCode, all } = await execa(program, args, {
    ...{ cwd: folder, all: true, reject: false },
    env: { ...provider.env, TF_CLI_CONFIG_FILE: path.join(folder, 'no.tfrc'), CHECKPOINT_DISABLE: '1' },
  });
  return { exitCode, all };
}

async function edit(file: string, from: string, to: string): Promise<void> {
  const text = await readFile(path.join(folder, file), 'utf8');
  expect(text).toContain(from);
  await writeFile(path.join(folder, file), text.replace(from, to));
}

it('it is formatted and valid, and its own tests pass', async () => {
  expect(await terraform('fmt', '-check', '-recursive')).toMatchObject({ exitCode: 0 });
  expect(await terraform('init', '-no-color')).toMatchObject({ exitCode: 0 });
  expect(await terraform('test', '-no-color')).toMatchObject({
    exitCode: 0,
    all: expect.stringContaining('4 passed, 0 failed'),
  });
});

it('a machine in production, and a name that the provider does not know, are found', async () => {
  await terraform('init', '-no-color');
  await edit('clusters/main.tf', 'machines    = false', 'machines    = true');
  const { exitCode, all } = await terraform('test', '-no-color');
  expect(exitCode).toBe(1);
  expect(all?.replaceAll(/\s*│?\s+/g, ' ')).toContain('has a policy that is not one of production');
  await edit('policies.tf', 'purpose_justification_prompt ', 'purpose_justification_text ');
  expect(await terraform('validate', '-no-color')).toMatchObject({
    exitCode: 1,
    all: expect.stringContaining('An argument named "purpose_justification_text" is not expected here'),
  });
});

it('another prefix, another word for production, and a cluster for machines alone are for all that depends on them', async () => {
  await edit('clusters/main.tf', 'tag_prefix = "k8s-tunnels-"', 'tag_prefix = "globex-"');
  await edit('clusters/main.tf', 'production = ["production", "prod"]', 'production = ["prd"]');
  await edit('clusters/main.tf', 'environment = "production"', 'environment = "prd"');
  await edit('clusters/main.tf', '["payments", "sre"]', '[]');
  await terraform('init', '-no-color');
  expect(await terraform('test', '-no-color')).toMatchObject({ exitCode: 0 });
  const at = '-chdir=clusters';
  await terraform(at, 'init', '-no-color');
  expect(await terraform(at, 'apply', '-auto-approve', '-no-color')).toMatchObject({ exitCode: 0 });
  const output = async (name: string) =>
    JSON.parse((await terraform(at, 'output', '-json', name)).all ?? '') as Record<string, unknown>;
  expect(await output('clusters')).toMatchObject({
    'payments-prod': { production: true },
    'payments-staging': { production: false },
  });
  expect(await output('tags')).toEqual({
    'payments-prod': expect.objectContaining({
      'globex-environment': 'prd',
      'globex-groups': expect.any(String),
    }),
    'payments-staging': expect.not.objectContaining({ 'globex-groups': expect.anything() }),
  });
});

it('tags and labels of each cluster say the same, and the tool reads both', async () => {
  const groups = ['Site Reliability', 'c0ffee00-0000-4000-8000-000000000001', 'sre@acme.example'];
  await edit('clusters/main.tf', '"payments@acme.example"', `"${groups.join('+')}"`);
  await edit('clusters/main.tf', 'environment = "staging"', 'environment = "pre_live"');
  const at = '-chdir=clusters';
  expect(await terraform(at, 'init', '-no-color')).toMatchObject({ exitCode: 0 });
  expect(await terraform(at, 'apply', '-auto-approve', '-no-color')).toMatchObject({ exitCode: 0 });
  const output = async (name: string) =>
    JSON.parse((await terraform(at, 'output', '-json', name)).all ?? '') as Record<
      string,
      Record<string, string>
    >;
  const [tags, labels] = [await output('tags'), await output('labels')];
  expect(Object.keys(tags)).toEqual(['payments-prod', 'payments-staging']);
  for (const name of Object.keys(tags)) {
    const [ofTags, ofLabels] = [readTags(tags[name] ?? {}), readTags(labels[name] ?? {})];
    expect(ofTags.problems).toEqual([]);
    expect(ofTags.fields.reach).toMatchObject({ kind: 'tunnel', hostname: `${name}.k8s.acme.example` });
    expect(ofLabels.problems).toEqual([]);
    expect(ofLabels.fields).toEqual({ ...ofTags.fields, groups: ofTags.fields.groups?.toLowerCase() });
    for (const value of Object.values(labels[name] ?? {})) expect(value).toMatch(/^[a-z0-9_-]{1,63}$/);
  }
  const wanted = [...groups, 'sre@acme.example'].join('+').toLowerCase();
  const parts = ['', '-2', '-3'].map(
    (part) => labels['payments-staging']?.[`k8s-tunnels-groups${part}`] ?? '',
  );
  expect(parts.join('')).toBe(encodeValue(wanted));
});
