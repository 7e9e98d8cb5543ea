import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { isErrorText, proseOf, proseOfMarkdown } from '../scripts/measure/prose.ts';
import { root } from '../scripts/measure/sources.ts';
import { findWords, glossaryOf, glossaryTitle, wordHits } from '../scripts/measure/words.ts';

const contributing = await readFile(path.join(root, 'CONTRIBUTING.md'), 'utf8');
const glossary = glossaryOf(contributing);
const left: Readonly<Record<string, number>> = JSON.parse(
  await readFile(path.join(root, 'test/words-left.json'), 'utf8'),
);
const hits = await wordHits(root, glossary);

describe('the glossary of CONTRIBUTING.md', () => {
  it('is read whole', () => {
    const words = glossary.map(({ word }) => word);
    expect(words).toEqual(expect.arrayContaining(['anew', 'mend', 'host name', 'whoever', 'by chance']));
    expect(glossary.filter(({ instead }) => instead === '')).toEqual([]);
    expect(new Set(words).size).toBe(words.length);
  });

  it.each([...hits.keys()])('%s has no more of its words than test/words-left.json allows', (folder) => {
    const found = (hits.get(folder) ?? []).map(
      ({ at, word, instead, text }) => `${at}: "${word}" in "${text}"; write: ${instead}`,
    );
    const allowed = left[folder] ?? 0;
    expect(found.length <= allowed ? [] : [`${found.length} where ${allowed} are allowed`, ...found]).toEqual(
      [],
    );
  });

  it('test/words-left.json names only folders that have some left', () => {
    const needless = Object.keys(left).filter((folder) => (hits.get(folder) ?? []).length === 0);
    expect(needless, 'run `npm run measure -- --tighten`').toEqual([]);
  });
});

describe('what counts as text', () => {
  const wordsIn = (text: string, options: { readonly errorsOnly?: boolean } = {}) => {
    const prose = proseOf({ file: 'a.tsx', text }, options.errorsOnly === true ? isErrorText : undefined);
    return findWords(prose, glossary, 'a.tsx').map(({ at, word }) => `${at} ${word}`);
  };

  // biome-ignore-start lint/suspicious/noTemplateCurlyInString: source text.
  it.each([
    ["const a = 'Read it anew';", ['a.tsx:1 anew']],
    ['\nconst a = `${name} is told`;', ['a.tsx:2 told']],
    ['const a = <p>The host\n name</p>;', ['a.tsx:1 host name']],
    ['const a = <i aria-label="by chance" />;', ['a.tsx:1 by chance']],
    ["const a = ask({ title: 'Whoever it is' });", ['a.tsx:1 whoever']],
  ])('%s', (text, expected) => {
    expect(wordsIn(text)).toEqual(expected);
  });

  it.each([
    'const told = { mend: 1 }; // anew',
    "call('forget', { whoever });",
    "import { anew } from './host name.ts';",
    "program.command('forget <name>');",
    'const a = <p className="door wish" />;',
    "type A = 'the usual one';",
    "const a = 'A manewver, retold';",
  ])('nothing in %s', (text) => {
    expect(wordsIn(text)).toEqual([]);
  });

  it('of the agent it is errors and notices, hints included', () => {
    const text = [
      "logger.info('Looked at anew');",
      "throw new AppError('a', `${file} stands`, { hint: 'Look anew.' });",
      "notice('warning', 'The usual');",
    ].join('\n');
    expect(wordsIn(text, { errorsOnly: true })).toEqual(['a.tsx:2 stands', 'a.tsx:2 anew', 'a.tsx:3 usual']);
  });

  it('of a document it is prose: no code, no target of a link, and not the glossary itself', () => {
    const text = [
      '# Told',
      '`anew` and [a link](the-usual.md)',
      '```sh',
      'mend it',
      '```',
      `## ${glossaryTitle}`,
      '| anew | again |',
      '## More',
      'by',
      'itself',
    ].join('\n');
    const found = findWords(proseOfMarkdown(text, glossaryTitle), glossary, 'a.md');
    expect(found.map(({ at, word }) => `${at} ${word}`)).toEqual(['a.md:1 told', 'a.md:9 by itself']);
  });
  // biome-ignore-end lint/suspicious/noTemplateCurlyInString: source text.
});
