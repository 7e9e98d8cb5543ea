import { readdir, readFile } from 'node:fs/promises';
import { isBuiltin } from 'node:module';
import path from 'node:path';
import { execa } from 'execa';
import { parseAst } from 'vite';
import { beforeAll, expect, test } from 'vitest';
import { root } from './pack.ts';

beforeAll(() => execa(process.execPath, [path.join(root, 'scripts/build.ts')]), 60_000);

/** Every module that a script asks for by a fixed name, whether it is loaded at once or later. */
function modulesOf(name: string, text: string): Set<string> {
  const names = new Set<string>();
  const visit = (node: unknown): void => {
    if (Array.isArray(node)) node.forEach(visit);
    if (typeof node !== 'object' || node === null || Array.isArray(node)) return;
    const {
      type,
      source,
      callee,
      arguments: args,
    } = node as Record<string, { value?: unknown; name?: string }> & {
      type: string;
      arguments?: { value?: unknown }[];
    };
    const asked =
      type === 'CallExpression' && /^(__)?require$/.test(callee?.name ?? '')
        ? args?.[0]?.value
        : source?.value;
    if (typeof asked === 'string') names.add(asked);
    for (const child of Object.values(node)) visit(child);
  };
  visit(parseAst(text, { sourceType: name.endsWith('.cjs') ? 'commonjs' : 'module' }));
  return names;
}

test.each(['main', 'cli', 'agent', 'preload'])('out/%s needs no package at run time', async (part) => {
  const folder = path.join(root, 'out', part);
  const names = await readdir(folder);
  const packages = new Set<string>();
  for (const name of names) {
    for (const wanted of modulesOf(name, await readFile(path.join(folder, name), 'utf8'))) {
      if (wanted.startsWith('.')) expect(names).toContain(path.basename(wanted));
      else if (!isBuiltin(wanted)) packages.add(wanted);
    }
  }
  expect([...packages]).toEqual(part === 'main' || part === 'preload' ? ['electron'] : []);
});

test('what node-vault loads and never uses is in no bundle, and so in no list of what is shipped', async () => {
  const shipped = await readFile(path.join(root, 'out/renderer/licences.json'), 'utf8');
  const { parts } = JSON.parse(shipped) as { parts: readonly { readonly name: string }[] };
  const packages = parts.map(({ name }) => name);
  expect(packages).toContain('node-vault');
  for (const name of ['tv4', 'mustache', 'axios']) expect(packages).not.toContain(name);
  for (const part of ['main', 'cli', 'agent', 'preload']) {
    const folder = path.join(root, 'out', part);
    for (const name of await readdir(folder)) {
      const text = await readFile(path.join(folder, name), 'utf8');
      expect(text).not.toMatch(/node_modules\/(?:tv4|mustache|axios)\//);
      // Words of their source, wherever they come from.
      expect(text).not.toMatch(/VALIDATOR_ERRORS|ValidatorContext|mustache\.js|AxiosError/);
    }
  }
});
