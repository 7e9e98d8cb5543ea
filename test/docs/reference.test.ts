import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { parseSync } from 'vite';
import { describe, expect, it, test } from 'vitest';
import { configFiles, pathsOf, stateFiles } from '../../scripts/reference/files.ts';
import { organisationRows, settingRows } from '../../scripts/reference/schema.ts';
import { variableGroups } from '../../scripts/reference/variables.ts';
import { root } from './blocks.ts';

// That docs/reference.md leaves nothing out of what the product's code says.

interface Node {
  readonly type: string;
  readonly [key: string]: unknown;
}

/** A name of these families is a variable, wherever the code has it. */
const families = /^(?:AWS|AZURE|AZD|GOOGLE|CLOUDSDK|VAULT|K8S_TUNNELS|XDG|SSL)_[A-Z0-9_]+$/;
/** Also names of Windows, such as `ProgramData`. */
const upper = /^[A-Z]\w*$/;
/** PATH by its name on Windows. */
const others = new Set(['Path']);

const isEnvironment = (node: Node | undefined): boolean =>
  (node?.type === 'Identifier' && /^env(?:ironment)?$/.test(String(node.name))) ||
  (node?.type === 'MemberExpression' && String((node.property as Node).name) === 'env');

/** The variables that code reads: `env.NAME`, `env['NAME']`, `{ NAME } = env`, and texts of the families. */
function variablesIn(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.flatMap(variablesIn);
  if (typeof value !== 'object' || value === null) return [];
  const node = value as Node;
  const own: string[] = [];
  if (node.type === 'MemberExpression' && isEnvironment(node.object as Node)) {
    const property = node.property as Node;
    if (node.computed !== true) own.push(String(property.name));
    else if (property.type === 'Literal') own.push(String(property.value));
  }
  if (node.type === 'VariableDeclarator' && isEnvironment(node.init as Node)) {
    const { properties = [] } = node.id as { readonly properties?: readonly Node[] };
    own.push(...properties.flatMap(({ key }) => (key === undefined ? [] : [String((key as Node).name)])));
  }
  const { value: text } = node;
  if (node.type === 'Literal' && typeof text === 'string' && families.test(text)) own.push(text);
  if (node.type === 'Property' && families.test(String((node.key as Node).name)))
    own.push(String((node.key as Node).name));
  if (node.type === 'TemplateElement')
    own.push(
      ...(String((text as { readonly cooked: string }).cooked).match(
        /\b(?:AWS|CLOUDSDK|K8S_TUNNELS)_[A-Z_]+_\b/g,
      ) ?? []),
    );
  return [...own.filter((name) => upper.test(name)), ...Object.values(node).flatMap(variablesIn)];
}

const sources = (await readdir(path.join(root, 'main'), { recursive: true })).filter((file) =>
  file.endsWith('.ts'),
);
const texts = new Map(
  await Promise.all(
    sources.map(async (file) => [file, await readFile(path.join(root, 'main', file), 'utf8')] as const),
  ),
);
const listed = variableGroups.flatMap(({ rows }) => rows.flatMap(([names]) => names));

test('every variable that the code reads is listed', () => {
  const read = new Map<string, string>();
  for (const [file, text] of texts)
    for (const name of variablesIn(parseSync(file, text).program))
      if (!others.has(name)) read.set(name, file);
  const isListed = (name: string) =>
    listed.some((one) => one === name || (one.endsWith('_') && name.startsWith(one)));
  expect([...read].filter(([name]) => !isListed(name))).toEqual([]);
  expect(read.size).toBeGreaterThan(60);
});

test('every variable that is listed is one that the code has, once', () => {
  const all = [...texts.values()].join('\n');
  expect(listed.filter((name) => !all.includes(name) && !all.includes(name.toLowerCase()))).toEqual([]);
  expect(new Set(listed).size).toBe(listed.length);
});

describe('files', () => {
  /** Files of the agent that the code names by a text of their own. */
  const named = new Set(
    [...texts].flatMap(([file, text]) =>
      [...text.matchAll(/'([\w-]+\.(?:json|jsonl|log|pid|sock|txt|pem|lock))'/g)].flatMap(([, name = '']) =>
        /^(?:agent|api|desktop)\//.test(file) &&
        !/^agent\/providers\/(?:azure\/cli|gcp\/credential)/.test(file)
          ? [name]
          : [],
      ),
    ),
  );

  it('every file that the agent writes is listed', () => {
    const rows = [...configFiles, ...stateFiles].flat().join('\n');
    expect([...named].filter((name) => !rows.includes(name))).toEqual([]);
    expect(named.size).toBeGreaterThan(25);
  });

  it('paths of Windows and macOS are written as their users do', () => {
    expect(pathsOf('win32')).toMatchObject({
      config: '%APPDATA%\\k8s-tunnels',
      socket: '\\\\.\\pipe\\k8s-tunnels-ID',
    });
    expect(pathsOf('darwin').state).toBe('~/Library/Application Support/k8s-tunnels/state');
  });
});

test.each([
  ['settings', settingRows()],
  ['fields of the organisation', organisationRows()],
])('all %s have a description', (_, rows) => {
  expect(rows.filter((row) => row.at(-1) === '')).toEqual([]);
  expect(rows.length).toBeGreaterThan(25);
});
