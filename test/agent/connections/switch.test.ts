import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Catalog, createCatalog } from '../../../main/agent/catalog/catalog.ts';
import { switchOperation } from '../../../main/agent/operations/switch-context.ts';
import { silentLogger, systemClock } from '../../../main/agent/parts.ts';
import type { KubeconfigSourceInput } from '../../../main/model/kubeconfig-source.ts';
import { cell, eksCluster, listed } from '../catalog/clusters.ts';
import { type Rig, startRig } from './rig.ts';
import { kubeconfigOf } from './standing-tunnels.ts';

const tagged = (name: string, environment = 'staging') =>
  eksCluster(name, {
    tags: { 'k8s-tunnels-hostname': `${name}.example.com`, 'k8s-tunnels-environment': environment },
  });
const staging = tagged('staging');
const prod = tagged('prod', 'production');

let rig: Rig;
let catalog: Catalog;
let switchTo: ReturnType<typeof switchOperation>;
/** Two terminals, each with a kubeconfig of its own. */
let one: KubeconfigSourceInput & { readonly kubeconfig: string };
let other: KubeconfigSourceInput & { readonly kubeconfig: string };

beforeEach(async () => {
  rig = await startRig(staging, prod);
  await rig.connections.restore();
  catalog = await createCatalog({
    folder: path.join(rig.home, 'known'),
    clock: systemClock,
    logger: silentLogger,
  });
  catalog.apply(cell(listed(staging, prod)));
  const sourceFor = (source: KubeconfigSourceInput | undefined) => {
    const { kubeconfig, cwd, home } = source ?? { cwd: rig.home, home: rig.home };
    return { kubeconfig, cwd, home };
  };
  switchTo = switchOperation({
    catalog,
    kubeconfig: rig.kubeconfig,
    connections: rig.connections,
    restored: Promise.resolve(),
    current: {
      sourceFor,
      kubectl: async (source) => {
        const { context } = await rig.kubeconfig.current(sourceFor(source));
        return context === undefined ? {} : { context };
      },
      look: async () => true,
      lookNow: () => {},
    },
  });
  const terminal = async (name: string) => {
    const cwd = path.join(rig.home, name);
    await mkdir(cwd);
    await writeFile(path.join(cwd, 'config'), kubeconfigOf(`mine-${name}`));
    return { kubeconfig: path.join(cwd, 'config'), cwd, home: rig.home };
  };
  one = await terminal('one');
  other = await terminal('other');
});
afterEach(async () => {
  await catalog.close();
  await rig.close();
});

const sourceOf = ({ kubeconfig, cwd, home }: KubeconfigSourceInput) => ({ kubeconfig, cwd, home });
const connectIn = (source: KubeconfigSourceInput, ...clusters: readonly (typeof staging)[]) =>
  rig.connections.connect({
    clusters,
    source: sourceOf(source),
    switches: true,
    signal: new AbortController().signal,
  });
const currentIn = async ({ kubeconfig }: { readonly kubeconfig: string }) =>
  /^current-context: "?([^"\n]*)"?$/m.exec(await readFile(kubeconfig, 'utf8'))?.[1];

test('acts on the kubeconfig of its caller, not on that in which the cluster was connected', async () => {
  await connectIn(one, staging);
  await switchTo({ cluster: 'mine-one', place: one });
  expect(await currentIn(one)).toBe('mine-one');
  await switchTo({ cluster: 'staging', place: other });
  expect([await currentIn(one), await currentIn(other)]).toEqual(['mine-one', 'staging']);
  expect(await readFile(other.kubeconfig, 'utf8')).toContain('proxy-url');
});

test('takes an on-demand context, which it opens', async () => {
  await connectIn(one, staging);
  await rig.connections.disconnect([staging.id], sourceOf(one));
  expect([rig.statuses(), await currentIn(one)]).toEqual([{ [staging.id]: 'idle' }, 'mine-one']);
  await switchTo({ cluster: 'staging', place: one });
  expect([rig.statuses(), await currentIn(one)]).toEqual([{ [staging.id]: 'connected' }, 'staging']);
});

test('takes a context of ours as the file names it, also where its user renamed it', async () => {
  await connectIn(one, staging);
  await switchTo({ cluster: 'mine-one', place: one });
  const text = await readFile(one.kubeconfig, 'utf8');
  // As kubectl config rename-context does.
  const at = text.lastIndexOf(
    'name: "staging"',
    text.indexOf('\nusers:') < 0 ? undefined : text.indexOf('\nusers:'),
  );
  await writeFile(
    one.kubeconfig,
    `${text.slice(0, at)}name: "renamed"${text.slice(at + 'name: "staging"'.length)}`,
  );
  await switchTo({ cluster: 'renamed', place: one });
  expect((await rig.kubeconfig.current(sourceOf(one))).id).toBe(staging.id);
});

test('takes any context of the file, as kubectl config use-context does, and back', async () => {
  const text = await readFile(one.kubeconfig, 'utf8');
  await writeFile(one.kubeconfig, text.replace('contexts:\n', 'contexts:\n- name: second\n  context: {}\n'));
  const { kubectl } = await switchTo({ cluster: 'second', place: one });
  expect(kubectl).toEqual({ context: 'second' });
  expect(await readFile(one.kubeconfig, 'utf8')).toBe(
    text
      .replace('contexts:\n', 'contexts:\n- name: second\n  context: {}\n')
      .replace('mine-one\nclusters', 'second\nclusters'),
  );
  await switchTo({ cluster: '-', place: one });
  expect(await currentIn(one)).toBe('mine-one');
  await switchTo({ cluster: '-', place: one });
  expect(await currentIn(one)).toBe('second');
  await expect(switchTo({ cluster: 'mine-one', place: one, minutes: 5 })).rejects.toMatchObject({
    code: 'bad-input',
  });
});

test('a context of the user’s stays current when the entry that was current before is removed', async () => {
  await connectIn(one, staging);
  await switchTo({ cluster: 'mine-one', place: one });
  await rig.connections.remove([staging.id]);
  expect(await readFile(one.kubeconfig, 'utf8')).toBe(kubeconfigOf('mine-one'));
});

test('disconnecting restores the context of the caller, and another terminal keeps its own', async () => {
  await connectIn(one, staging);
  await switchTo({ cluster: 'staging', place: other });
  await rig.connections.disconnect([staging.id], sourceOf(other));
  expect([await currentIn(one), await currentIn(other)]).toEqual(['staging', 'mine-other']);
});

test('removed and rotated in every kubeconfig that has it', async () => {
  await connectIn(one, staging);
  await connectIn(other, staging);
  await rig.connections.remove([staging.id]);
  expect(await readFile(one.kubeconfig, 'utf8')).toBe(kubeconfigOf('mine-one'));
  expect(await readFile(other.kubeconfig, 'utf8')).toBe(kubeconfigOf('mine-other'));
});

test('a switch to production asks before anything is opened', async () => {
  await connectIn(one, prod);
  await rig.connections.disconnect([prod.id], sourceOf(one));
  await expect(switchTo({ cluster: 'prod', place: one })).rejects.toMatchObject({
    code: 'production-unconfirmed',
  });
  expect([rig.statuses(), await currentIn(one)]).toEqual([{ [prod.id]: 'idle' }, 'mine-one']);
});

test('the end of a time limit restores the kubeconfig in which it was set, and no other', async () => {
  await connectIn(one, staging);
  await switchTo({ cluster: 'mine-one', place: one });
  await connectIn(other, staging);
  await switchTo({ cluster: 'staging', place: one, minutes: 5 });
  await switchTo({ cluster: '-', place: one });
  expect([await currentIn(one), await currentIn(other)]).toEqual(['mine-one', 'staging']);
});
