import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import type { ListName } from '../../../main/agent/kubeconfig/document.ts';
import { isIntact, renewed } from '../../../main/agent/kubeconfig/ownership.ts';
import type { FileState } from '../../../main/agent/kubeconfig/plan.ts';
import type { OurStanza } from '../../../main/agent/kubeconfig/stanza.ts';
import type { Json } from '../../../main/agent/kubeconfig/yaml/value.ts';
import { withId } from '../../../main/model/context-name.ts';
import { bench, kubectlRun, reopen, seed, text, theirs, withKubectl } from './bench.ts';
import { entry } from './entry.ts';

const contextsOf = async (file: string) => {
  const { contexts } = parse(await text(file)) as {
    contexts: readonly { readonly name: string; readonly context: Readonly<Record<string, string>> }[];
  };
  return new Map(contexts.map(({ name, context }) => [name, context]));
};

describe('what other programs made of our entries', () => {
  const stanza = (list: ListName, body: Readonly<Record<string, Json>>): OurStanza => ({
    list,
    id: 'a',
    item: { name: 'a', [list.slice(0, -1)]: body },
  });
  const context = stanza('contexts', { cluster: 'a', user: 'a' });
  const cluster = stanza('clusters', { server: 'https://a.example' });
  const user = stanza('users', { exec: { command: 'k8s-tunnels' } });
  const last = { stanzas: [cluster, user, context] } as unknown as FileState;

  test('a cluster or user that is missing is added beside its context, and nowhere else', () => {
    expect(renewed([context], last)).toEqual([context, cluster, user]);
    expect(renewed([cluster, context], last)).toEqual([cluster, context, user]);
    expect(renewed([cluster], last)).toEqual([cluster]);
    expect(renewed([cluster, user], last)).toEqual([cluster, user]);
  });

  test.each([
    'token',
    'tokenFile',
    'username',
    'password',
    'client-certificate',
    'client-certificate-data',
    'client-key',
    'client-key-data',
    'auth-provider',
  ])('%s of a user would take the place of ours, and goes; what does not stays', (key) => {
    const seen = stanza('users', { exec: { command: 'other' }, [key]: 'x', 'as-uid': '7' });
    expect(renewed([seen, context], last)[0]).toEqual(
      stanza('users', { exec: { command: 'k8s-tunnels' }, 'as-uid': '7' }),
    );
    expect(isIntact(stanza('users', { exec: { command: 'k8s-tunnels' }, [key]: 'x' }), user)).toBe(false);
  });

  test.each(['insecure-skip-tls-verify', 'certificate-authority'])(
    '%s of a cluster would weaken it or take the place of ours, and goes',
    (key) => {
      const seen = stanza('clusters', {
        server: 'https://a.example',
        [key]: 'x',
        'disable-compression': true,
      });
      expect(renewed([seen, context], last)[0]).toEqual(
        stanza('clusters', { server: 'https://a.example', 'disable-compression': true }),
      );
    },
  );
});

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
    const { kubeconfig, root, config, source, sourceOf } = await bench();
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

  test('a copy before a context that was renamed does not take its part', async () => {
    const { kubeconfig, config, source } = await bench();
    await kubeconfig.add(source, [entry('a')], {});
    const [clusters = '', others = ''] = (await text(config)).split('\ncontexts:\n');
    await seed(config, `${clusters}\ncontexts:\n${others.replace('name: "a"', 'name: "mine"')}`);
    await kubeconfig.add(source, [entry('a')], {});
    const { contexts } = parse(await text(config)) as { contexts: readonly { readonly name: string }[] };
    expect(contexts.map(({ name }) => name)).toEqual(['mine']);
    const copy = JSON.stringify({ ...contexts[0], name: 'copy' });
    await seed(config, (await text(config)).replace('contexts:\n', `contexts:\n- ${copy}\n`));
    const { contexts: names } = await kubeconfig.add(source, [entry('a', { namespace: 'team' })], {});
    expect(names.get('a')).toBe('mine');
    expect((await contextsOf(config)).get('copy')?.namespace).toBeUndefined();
    expect((await kubeconfig.remove(source, ['a'])).removed).toEqual(['a']);
    expect([...(await contextsOf(config)).keys()]).toEqual(['copy']);
  });

  test('what another program set in our cluster stays when our own fields are restored', async () => {
    const { kubeconfig, config, source } = await bench();
    await kubeconfig.add(source, [entry('a')], {});
    const changed = (await text(config)).replace(
      'server: "https://a.example:6443"',
      'server: "https://elsewhere"\n    disable-compression: true\n    insecure-skip-tls-verify: true',
    );
    await seed(config, changed);
    await kubeconfig.add(source, [entry('b')], {});
    const { clusters } = parse(await text(config)) as {
      clusters: readonly { readonly name: string; readonly cluster: object }[];
    };
    const cluster = clusters.find(({ name }) => name === 'a')?.cluster;
    expect(cluster).toMatchObject({ server: 'https://a.example:6443', 'disable-compression': true });
    expect(cluster).not.toHaveProperty('insecure-skip-tls-verify');
  });
});

test('a name that the user has, with the mark of the cluster too, leaves the next number to our entry', async () => {
  const { kubeconfig, config, source } = await bench();
  const marked = withId('a', 'a');
  const item = (name: string) =>
    `- name: ${JSON.stringify(name)}\n  context: {cluster: theirs, user: theirs}\n`;
  const named = async (...names: readonly string[]) => {
    await seed(config, `contexts:\n${names.map(item).join('')}`);
    const { contexts } = await kubeconfig.add(source, [entry('a')], {});
    await kubeconfig.remove(source, ['a']);
    return contexts.get('a');
  };
  expect(await named('a')).toBe(marked);
  expect(await named('a', marked)).toBe(`${marked}-2`);
  expect(await named('a', marked, `${marked}-2`)).toBe(`${marked}-3`);
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
  // It was written without a proxy, so none is missing.
  expect((await kubeconfig.check()).entries).toMatchObject([{ lacks: [] }]);
  const written = await text(config);
  await seed(config, written.replace('token: "ours"', 'token: "theirs"'));
  expect(await statuses()).toEqual(['changed']);
  await seed(config, written.replace('token: "ours"', 'token: "ours"\n    password: "p"'));
  expect(await statuses()).toEqual(['changed']);
  await seed(config, written);
  expect(await statuses()).toEqual(['intact']);
});
