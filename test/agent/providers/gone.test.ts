import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Catalog } from '../../../main/agent/catalog/catalog.ts';
import { systemClock } from '../../../main/agent/parts.ts';
import { createEksSource } from '../../../main/agent/providers/aws/eks.ts';
import type { DiscoverySource } from '../../../main/agent/providers/discovery-source.ts';
import { createFileSource } from '../../../main/agent/providers/file/file.ts';
import { writeAwsHome } from '../../world/aws/home.ts';
import { type Clouds, discoveryInto, startClouds } from '../discovery/clouds.ts';

let clouds: Clouds;
let folder: string;
beforeEach(async () => {
  clouds = await startClouds();
  folder = path.join(clouds.home, 'state', 'catalog');
});
afterEach(() => clouds.close());

/** What the catalog holds after a run, and what of it is stale. */
async function afterRun(...sources: readonly DiscoverySource[]) {
  const { catalog, discovery } = await discoveryInto(folder, sources);
  await discovery.run();
  await catalog.close();
  return { names: namesOf(catalog), stale: namesOf(catalog, true), accounts: accountsOf(catalog) };
}
const namesOf = (catalog: Catalog, staleOnly = false) =>
  catalog
    .clusters()
    .filter(({ stale }) => stale || !staleOnly)
    .map(({ name }) => name)
    .sort();
const accountsOf = (catalog: Catalog) => new Set(catalog.clusters().map(({ account }) => account));
const regions = ['eu-west-1', 'us-east-1', 'us-west-2'];
/** Profiles as the plan has them by now; with a sign-in or without the session. */
const writeProfiles = (signIn?: ReturnType<Clouds['aws']['signIn']>) =>
  writeAwsHome({
    home: clouds.home,
    plan: clouds.plan,
    url: clouds.aws.url,
    ...(signIn === undefined ? {} : { signIn }),
  });

describe('AWS', () => {
  test('a profile that is removed takes the clusters along that it alone reached', async () => {
    const before = await afterRun(clouds.eks(regions));
    const [removed] = clouds.plan.accounts.splice(1, 1);
    await writeProfiles(clouds.aws.signIn());
    const { names, stale, accounts } = await afterRun(clouds.eks(regions));
    expect(before.accounts).toContain(removed?.id);
    expect(accounts).toEqual(new Set([...before.accounts].filter((account) => account !== removed?.id)));
    expect(names.length).toBeLessThan(before.names.length);
    expect(stale).toEqual([]);
  });

  test('a session that is removed does too; one that is over leaves its clusters, stale', async () => {
    const before = await afterRun(clouds.eks(regions));
    const ended = clouds.aws.signIn(-60);
    clouds.aws.signOut();
    await writeProfiles(ended);
    const over = await afterRun(clouds.eks(regions));
    expect(over.names).toEqual(before.names);
    expect(over.stale).toEqual(['notebooks', 'playground']);
    await writeProfiles();
    const gone = await afterRun(clouds.eks(regions));
    expect(gone.names).toEqual(before.names.filter((name) => !over.stale.includes(name)));
    expect(gone.stale).toEqual([]);
  });

  test('a profile that cannot log in leaves its clusters, whatever else is removed', async () => {
    await afterRun(clouds.eks(regions));
    const [, kept] = clouds.plan.accounts;
    if (kept === undefined) throw new Error('no account');
    clouds.plan.accounts = [kept];
    await writeProfiles();
    clouds.traffic.inject({ service: 'sts', does: { kind: 'deny' } });
    const { stale, names, accounts } = await afterRun(clouds.eks(regions));
    expect(accounts).toEqual(new Set([kept.id]));
    expect(stale).toEqual(names);
  });

  test('the last profile may go; a configuration that is not there, or not to be read, says nothing', async () => {
    clouds.plan.accounts.splice(1);
    await writeProfiles();
    const { names } = await afterRun(clouds.eks(regions));
    expect(names.length).toBeGreaterThan(0);
    const config = path.join(clouds.home, '.aws', 'config');
    const credentials = path.join(clouds.home, '.aws', 'credentials');
    await Promise.all([rm(config), rm(credentials)]);
    expect((await afterRun(clouds.eks(regions))).stale).toEqual(names);
    await writeFile(config, '[default]\nregion = eu-west-1\n');
    expect((await afterRun(clouds.eks(regions))).names).toEqual([]);
  });

  test('what the environment reached stays, because another start may have another one', async () => {
    const [account] = clouds.plan.accounts;
    if (account === undefined) throw new Error('no account');
    await writeAwsHome({ home: clouds.home, plan: { ...clouds.plan, accounts: [] }, url: clouds.aws.url });
    const env = {
      ...clouds.env,
      AWS_ACCESS_KEY_ID: account.accessKeyId,
      AWS_SECRET_ACCESS_KEY: account.secretAccessKey,
    };
    Object.assign(process.env, env);
    const { names } = await afterRun(createEksSource({ aws: clouds.ways({ env }), regions })).finally(() => {
      for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY']) delete process.env[name];
    });
    expect(names.length).toBeGreaterThan(0);
    expect((await afterRun(clouds.eks(regions))).stale).toEqual(names);
  });

  test('a region that the setting leaves out takes its clusters along', async () => {
    const before = await afterRun(clouds.eks());
    const { names, stale } = await afterRun(clouds.eks(['us-west-2']));
    const left = clouds.plan.eks.filter(({ region }) => region === 'us-west-2').map(({ name }) => name);
    expect(names).toEqual(before.names.filter((name) => left.includes(name)));
    expect(names.length).toBeGreaterThan(0);
    expect(stale).toEqual([]);
  });
});

describe('Vault', () => {
  test('a mount that is taken out of the setting goes; without an address, or with a wrong one, all stays', async () => {
    const { names } = await afterRun(clouds.onPrem());
    expect(names).toEqual(['depot-berlin', 'depot-lyon']);
    const { VAULT_ADDR: _, ...bare } = clouds.env;
    expect((await afterRun(clouds.onPrem({ env: bare }))).stale).toEqual(names);
    const wrong = { ...clouds.env, VAULT_ADDR: 'vault' };
    expect((await afterRun(clouds.onPrem({ env: wrong }))).stale).toEqual(names);
    expect((await afterRun(clouds.onPrem())).stale).toEqual([]);
    expect((await afterRun(clouds.onPrem({ mounts: ['absent'] }))).names).toEqual([]);
  });

  test('a token that has ended leaves them, stale', async () => {
    const { names } = await afterRun(clouds.onPrem());
    clouds.vault.revokeToken();
    expect((await afterRun(clouds.onPrem())).stale).toEqual(names);
  });
});

test('a file that is taken out of the setting goes with its clusters; one that cannot be read stays', async () => {
  const lists = ['one.yaml', 'two.yaml'];
  const source = (...files: readonly string[]) =>
    createFileSource({ files, folder: clouds.home, home: clouds.home, env: {}, clock: systemClock });
  for (const list of lists)
    await writeFile(path.join(clouds.home, list), `[{ name: in-${list}, server: 'https://a:6443' }]`);
  expect((await afterRun(source(...lists))).names).toEqual(['in-one.yaml', 'in-two.yaml']);
  await rm(path.join(clouds.home, 'one.yaml'));
  expect(await afterRun(source(...lists))).toMatchObject({
    names: ['in-one.yaml', 'in-two.yaml'],
    stale: ['in-one.yaml'],
  });
  expect(await afterRun(source('two.yaml'))).toMatchObject({ names: ['in-two.yaml'], stale: [] });
});
