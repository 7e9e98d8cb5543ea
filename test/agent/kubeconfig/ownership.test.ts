import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { withId } from '../../../main/model/context-name.ts';
import { bench, kubectlRun, reopen, seed, text, theirs, withKubectl } from './bench.ts';
import { entry } from './entry.ts';

const contextsOf = async (file: string) => {
  const { contexts } = parse(await text(file)) as {
    contexts: readonly { readonly name: string; readonly context: Readonly<Record<string, string>> }[];
  };
  return new Map(contexts.map(({ name, context }) => [name, context]));
};

describe('what the user chose in a context of ours', () => {
  withKubectl('a namespace stays at each connect, whatever the tag says', async () => {
    const { kubeconfig, config, source } = await bench();
    await seed(config, theirs);
    const tagged = entry('a', { namespace: 'team' });
    await kubeconfig.add(source, [tagged], { current: 'a' });
    await kubectlRun(config, 'config', 'set-context', '--current', '--namespace=chosen');
    for (const others of [[tagged], [entry('b')], [tagged, entry('b')], [entry('a', { namespace: 'next' })]])
      await kubeconfig.add(source, others, {});
    expect((await contextsOf(config)).get('a')?.namespace).toBe('chosen');
  });

  test('the namespace of a tag follows the tag while the user chose none', async () => {
    const { kubeconfig, config, source } = await bench();
    await kubeconfig.add(source, [entry('a', { namespace: 'team' })], {});
    await kubeconfig.add(source, [entry('a', { namespace: 'next' })], {});
    expect((await contextsOf(config)).get('a')?.namespace).toBe('next');
    await kubeconfig.add(source, [entry('a')], {});
    expect((await contextsOf(config)).get('a')?.namespace).toBeUndefined();
  });

  withKubectl('a new name of the context is followed', async () => {
    const { kubeconfig, config, source } = await bench();
    await seed(config, theirs);
    await kubeconfig.add(source, [entry('a')], { current: 'a' });
    await kubectlRun(config, 'config', 'rename-context', 'a', 'mine');
    const { contexts } = await kubeconfig.add(source, [entry('a'), entry('b')], {});
    expect(contexts.get('a')).toBe('mine');
    await kubeconfig.add(source, [entry('a')], {});
    expect([...(await contextsOf(config)).keys()]).toEqual(['theirs', 'mine', 'b']);
    expect((await contextsOf(config)).get('mine')).toMatchObject({ cluster: 'a', user: 'a' });
    expect(await kubeconfig.current(source)).toMatchObject({ context: 'mine', id: 'a' });
    expect(await kubeconfig.entry(source, 'a')).toEqual({ file: config, name: 'mine' });
    await kubeconfig.remove(source, ['a', 'b']);
    expect([...(await contextsOf(config)).keys()]).toEqual(['theirs']);
  });

  withKubectl('another user of the context stays', async () => {
    const { kubeconfig, config, source } = await bench();
    await seed(config, theirs);
    await kubeconfig.add(source, [entry('a')], { current: 'a' });
    await kubectlRun(config, 'config', 'set-context', '--current', '--user=theirs');
    await kubeconfig.add(source, [entry('a')], {});
    expect((await contextsOf(config)).get('a')).toMatchObject({ cluster: 'a', user: 'theirs' });
  });

  test('a copy of the context is the user’s: it is neither changed nor removed', async () => {
    const { kubeconfig, root, config, source, placeOf: sourceOf } = await bench();
    await seed(config, theirs);
    await kubeconfig.add(source, [entry('a')], {});
    const { contexts } = parse(await text(config)) as { contexts: readonly { readonly name: string }[] };
    const copy = { ...contexts.find(({ name }) => name === 'a'), name: 'copy' };
    await writeFile(config, (await text(config)).replace('users:\n', `- ${JSON.stringify(copy)}\nusers:\n`));
    await kubeconfig.add(source, [entry('a', { namespace: 'team' })], {});
    expect([...(await contextsOf(config)).keys()].toSorted()).toEqual(['a', 'copy', 'theirs']);
    expect((await contextsOf(config)).get('copy')?.namespace).toBeUndefined();
    // Also in a file of its own.
    const other = path.join(root, 'other');
    const alone = `contexts:\n- ${JSON.stringify(copy)}\n`;
    await seed(other, alone);
    await kubeconfig.remove(sourceOf(config, other), ['a']);
    expect([...(await contextsOf(config)).keys()].toSorted()).toEqual(['copy', 'theirs']);
    expect(await text(other)).toBe(alone);
  });
});

describe('two agents with a state each, and one file', () => {
  test('each has an entry for one cluster, neither touches the other’s, and the bytes come back', async () => {
    const { root, config, source, kubeconfig } = await bench();
    await seed(config, theirs);
    const other = reopen(path.join(root, 'other-state'));
    await kubeconfig.add(source, [entry('a')], { current: 'a' });
    const mine = await text(config);
    const { contexts, warnings } = await other.add(source, [entry('a')], {});
    expect(contexts.get('a')).toBe(withId('a', 'a'));
    expect(warnings).toEqual([
      expect.stringContaining('the context "a" was written by another agent of k8s-tunnels'),
    ]);
    expect(await text(config)).toContain(mine.slice(mine.indexOf('- cluster:'), mine.indexOf('contexts:')));
    await kubeconfig.add(source, [entry('a')], {});
    expect([...(await contextsOf(config)).keys()].toSorted()).toEqual(
      ['a', withId('a', 'a'), 'theirs'].toSorted(),
    );
    // The start of one sweeps nothing of the other.
    await other.close();
    expect(await reopen(path.join(root, 'other-state')).recover(new Set())).toMatchObject({ removed: ['a'] });
    expect([...(await contextsOf(config)).keys()].toSorted()).toEqual(['a', 'theirs']);
    expect(await kubeconfig.current(source)).toMatchObject({ context: 'a', id: 'a' });
    await kubeconfig.remove(source, ['a']);
    expect(await text(config)).toBe(theirs);
  });

  test('the entry of another agent is none of ours to remove, use or show', async () => {
    const { root, config, source, kubeconfig } = await bench();
    await seed(config, theirs);
    await reopen(path.join(root, 'other-state')).add(source, [entry('a')], { current: 'a' });
    const written = await text(config);
    expect(await kubeconfig.current(source)).toEqual({ context: 'a', id: undefined, file: config });
    expect(await kubeconfig.entry(source, 'a')).toBeUndefined();
    await expect(kubeconfig.use(source, 'a')).rejects.toMatchObject({ code: 'not-found' });
    expect((await kubeconfig.remove(source, ['a'])).removed).toEqual([]);
    expect(await text(config)).toBe(written);
  });

  test('an entry of an earlier version, without an owner, is who’s it is', async () => {
    const { state, config, source, kubeconfig } = await bench();
    await seed(config, theirs);
    await kubeconfig.add(source, [entry('a')], {});
    const { id } = JSON.parse(await text(path.join(state, 'owner.json'))).data as { readonly id: string };
    const without = (await text(config)).replaceAll(new RegExp(`\\n *owner: "${id}"`, 'g'), '');
    expect(without).not.toContain(id);
    await writeFile(config, without);
    expect(await kubeconfig.remove(source, ['a'])).toMatchObject({ removed: ['a'] });
    expect(await text(config)).not.toContain('k8s-tunnels');
  });
});

test('a token of ours leaves an entry intact; one of another program, or beside its token a password, does not', async () => {
  const { config, source, kubeconfig } = await bench();
  const cluster = { server: 'https://127.0.0.1:20999' };
  await kubeconfig.add(source, [entry('a', { cluster, user: { kind: 'token', token: 'ours' } })], {});
  const statuses = async () => (await kubeconfig.check()).entries.map(({ status }) => status);
  expect(await statuses()).toEqual(['intact']);
  const written = await text(config);
  await seed(config, written.replace('token: "ours"', 'token: "theirs"'));
  expect(await statuses()).toEqual(['changed']);
  await seed(config, written.replace('token: "ours"', 'token: "ours"\n    password: "p"'));
  expect(await statuses()).toEqual(['changed']);
  await seed(config, written);
  expect(await statuses()).toEqual(['intact']);
});
