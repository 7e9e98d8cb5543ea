import { mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bench, listing, reopen, seed } from './bench.ts';
import { entry } from './entry.ts';

const ids = ['a', 'b', 'c', 'd'] as const;

/** Undefined: the file is missing. */
const sources: readonly (string | undefined)[] = [
  undefined,
  '# only a comment',
  'clusters: null\nusers:\ncontexts: ~\ncurrent-context: ""',
  'clusters: []\ncontexts: [ ] # none\nkind: Config\n',
  '{"clusters":[{"name":"a"}],"users":null,"current-context":"x"}',
  '{\n\t"contexts": [\n\t\t{"name": "b"}\n\t]\n}\n',
  '\ufeffkind: Config\r\nclusters:\r\n  - name: a\r\n    cluster: {}\r\ncurrent-context:',
  '---\ncontexts:\n    - name: "c"\n      context: {}\ncurrent-context: c # mine\n# tail\n---\nother: 1\n',
  'users:\n- name: d\n  user:\n    token: |+\n      x\n\n\ncurrent-context: x\nclusters: [{name: a},]\n...\n',
];

const step = fc.oneof(
  fc.record({
    kind: fc.constant('add' as const),
    ids: fc.subarray([...ids], { minLength: 1 }),
    current: fc.boolean(),
    namespace: fc.option(fc.constantFrom('yes', 'team'), { nil: undefined }),
  }),
  fc.record({ kind: fc.constant('use' as const), id: fc.constantFrom(...ids) }),
  fc.record({ kind: fc.constant('remove' as const), ids: fc.subarray([...ids], { minLength: 1 }) }),
  fc.record({ kind: fc.constant('restart' as const), keep: fc.subarray([...ids]) }),
);

test('whatever is added, used and removed in whatever order, with restarts between: the bytes come back', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.constantFrom(...sources), { minLength: 1, maxLength: 2 }),
      fc.array(step, { maxLength: 12 }),
      async (contents, steps) => {
        const { root, state, sourceOf, kubeconfig: first } = await bench();
        let kubeconfig = first;
        const files = contents.map((_, index) => path.join(root, 'kube', `config-${index}`));
        const source = sourceOf(...files);
        if (contents.some((content) => content !== undefined)) await mkdir(path.join(root, 'kube'));
        for (const [index, content] of contents.entries()) {
          if (content !== undefined) await seed(files[index] ?? '', content);
        }
        const before = await kubeconfig.current(source);
        const connected = new Set<string>();
        for (const one of steps) {
          if (one.kind === 'add') {
            const entries = one.ids.map((id) =>
              entry(id, one.namespace === undefined ? {} : { namespace: one.namespace }),
            );
            const current = one.current ? one.ids[0] : undefined;
            const { contexts } = await kubeconfig.add(
              source,
              entries,
              current === undefined ? {} : { current },
            );
            for (const id of one.ids) connected.add(id);
            expect([...contexts.keys()].toSorted()).toEqual([...one.ids].toSorted());
            if (current !== undefined) expect((await kubeconfig.current(source)).id).toBe(current);
          } else if (one.kind === 'use') {
            const using = kubeconfig.use(source, one.id);
            if (!connected.has(one.id)) await expect(using).rejects.toMatchObject({ code: 'not-found' });
            else {
              const { context } = await using;
              expect(await kubeconfig.current(source)).toMatchObject({ context, id: one.id });
            }
          } else if (one.kind === 'remove') {
            const { removed } = await kubeconfig.remove(source, one.ids);
            expect(removed.toSorted()).toEqual(one.ids.filter((id) => connected.has(id)).toSorted());
            for (const id of one.ids) connected.delete(id);
          } else {
            await kubeconfig.close();
            kubeconfig = reopen(state);
            const { kept } = await kubeconfig.recover(new Set(one.keep));
            for (const id of connected) if (!one.keep.some((other) => other === id)) connected.delete(id);
            expect(kept.toSorted()).toEqual([...connected].toSorted());
          }
        }
        await kubeconfig.remove(source, ids);
        expect(await kubeconfig.current(source)).toEqual(before);
        for (const [index, content] of contents.entries()) {
          const now = await readFile(files[index] ?? '', 'utf8').catch(() => undefined);
          expect(now).toBe(content);
        }
        if (contents.every((content) => content === undefined))
          expect(await listing(root)).not.toContain('kube');
        else
          expect(await listing(path.join(root, 'kube'))).toHaveLength(
            contents.filter((one) => one !== undefined).length,
          );
      },
    ),
    { numRuns: 150 },
  );
}, 120_000);
