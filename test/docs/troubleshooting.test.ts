import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from 'vitest';
import { areaOf, areas, type FindingCode, findingKinds } from '../../main/cli/doctor/finding.ts';
import { errorCodes } from '../../main/model/app-error.ts';
import { root } from './blocks.ts';

const text = await readFile(path.join(root, 'docs/troubleshooting.md'), 'utf8');

it('every code of a finding has its section, below its area, and every section its code', () => {
  const sections: string[] = [];
  let area = '';
  for (const line of text.split('\n')) {
    if (line.startsWith('## ')) area = line.slice(3);
    const [, code] = /^### `(.+)`$/.exec(line) ?? [];
    if (code !== undefined) sections.push(`${area}: ${code}`);
  }
  const codes = Object.keys(findingKinds) as FindingCode[];
  const wanted = codes.map((code) => `${areas[areaOf({ code })]}: ${code}`);
  expect(sections).toHaveLength(wanted.length);
  expect(new Set(sections)).toEqual(new Set(wanted));
});

it('every section says something', () => {
  const [, ...sections] = text.split(/^#{2,3} /m);
  const empty = sections
    .filter((section) => section.startsWith('`') && section.split('\n').slice(1).join('').trim() === '')
    .map((section) => section.split('\n')[0]);
  expect(empty).toEqual([]);
});

it('every error code has its row, once, with what it means and what to do', () => {
  const [, errors = ''] = text.split('## Error codes');
  const [section = ''] = errors.split(/^## /m);
  const rows = [...section.matchAll(/^\| `([a-z-]+)` \| (.+) \| (.+) \|$/gm)];
  expect(new Set(rows.map(([, code]) => code))).toEqual(new Set(errorCodes));
  expect(rows).toHaveLength(errorCodes.length);
});
