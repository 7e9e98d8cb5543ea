import { copyFile, readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { bench, kubectl, kubectlRun, seed, view } from './bench.ts';
import { entry } from './entry.ts';

const theirs = `apiVersion: v1
kind: Config
# Müller 😀
clusters:
- name: one
  cluster: {server: "https://one"}
contexts:
- name: one
  context: {cluster: one, user: one}
users: []
current-context: one
`;

const little = (text: string) => Buffer.from(`\ufeff${text}`, 'utf16le');
const encodings = [
  ['UTF-16, little end first', little],
  ['UTF-16, big end first', (text: string) => little(text).swap16()],
] as const;

test.each(encodings)('%s: edited in its encoding, and restored to the byte', async (_, encode) => {
  const { kubeconfig, config, source, root } = await bench();
  for (const yaml of [theirs, theirs.replaceAll('\n', '\r\n'), '{"clusters": [], "kind": "Config"}', '']) {
    await seed(config, encode(yaml));
    const { warnings } = await kubeconfig.add(source, [entry('a', { namespace: 'größe' })], { current: 'a' });
    expect(warnings).toEqual([]);
    const written = await readFile(config);
    const [withMark, other] = [encode(''), encodings.find(([, one]) => one !== encode)?.[1] ?? encode];
    expect(written.subarray(0, 2)).toEqual(withMark);
    const text = (encode === little ? written : Buffer.from(written).swap16()).toString('utf16le');
    expect(encode(text.slice(1))).toEqual(written);
    expect(text).toContain('"k8s-tunnels"');
    expect(text).toContain('größe');
    expect(await kubeconfig.current(source)).toEqual({ context: 'a', id: 'a', file: config });
    const diff = await kubeconfig.diff(source, undefined);
    expect(diff).toContain('größe');
    expect(diff).not.toContain('\0');
    if (kubectl !== undefined) {
      expect(await view(config)).toMatchObject({ 'current-context': 'a', contexts: expect.any(Array) });
      // Another encoding is another file to the journal: kubectl itself writes UTF-8.
      const copy = path.join(root, 'copy');
      await copyFile(config, copy);
      await kubectlRun(copy, 'config', 'unset', 'current-context');
      expect((await readFile(copy)).includes(0)).toBe(false);
    }
    await kubeconfig.remove(source, ['a']);
    expect(await readFile(config)).toEqual(encode(yaml));
    // An edit after another program changed the encoding follows the file.
    await kubeconfig.add(source, [entry('a')], {});
    await seed(config, other(text.slice(1)));
    await kubeconfig.remove(source, ['a']);
    expect((await readFile(config)).subarray(0, 2)).toEqual(other(''));
    expect((await readFile(config)).includes('k8s-tunnels', 0, 'utf16le')).toBe(false);
  }
});

test('UTF-16 that is cut short is refused with file and line, and untouched', async () => {
  const { kubeconfig, config, source } = await bench();
  const bytes = little(theirs).subarray(0, -1);
  await seed(config, bytes);
  await expect(kubeconfig.add(source, [entry('a')], {})).rejects.toMatchObject({
    code: 'kubeconfig-invalid',
    message: `${config}, line 1: the file is not UTF-16 text.`,
    hint: expect.stringContaining('Save the file as UTF-8'),
  });
  expect(await readFile(config)).toEqual(bytes);
});
