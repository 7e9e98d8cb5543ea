import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { parseYaml } from '../../../../main/agent/kubeconfig/yaml/parser.ts';
import { jsonOf } from '../../../../main/agent/kubeconfig/yaml/value.ts';

/** The value of a text that is one value. */
function valueIn(text: string): unknown {
  const { root } = parseYaml(text);
  return root === undefined ? undefined : jsonOf(root);
}
const words = (text: string) => text.split(' ');

// What go-yaml v2 makes of a value, by resolve.go and scannerc.go, whose kinds kubectl then checks.

describe('a plain value', () => {
  it.each(words('y Y yes Yes YES true True TRUE on On ON'))('%s is true', (word) =>
    expect(valueIn(word)).toBe(true),
  );
  it.each(words('n N no No NO false False FALSE off Off OFF'))('%s is false', (word) =>
    expect(valueIn(word)).toBe(false),
  );
  it.each(words('~ null Null NULL'))('%s is null', (word) => expect(valueIn(word)).toBe(null));
  it.each(words('yEs tRue nULL oN 0x .5x 1.2.3 + . 1_x 12a'))('%s is text', (word) =>
    expect(valueIn(word)).toBe(word),
  );
  it.each([
    ['.5', 0.5],
    ['.5e1', 5],
    ['1_000', 1000],
    ['0x1F', 31],
    ['-12', -12],
    ['1.', 1],
    ['1e3', 1000],
  ])('%s is the number %d', (text, number) => expect(valueIn(text)).toBe(number));
});

describe('a value in quotes', () => {
  it.each([
    [String.raw`"\0\a\b\t\n\v\f\r\e\ \"\'\\\N\_\L\P"`, '\0\x07\b\t\n\v\f\r\x1b "\'\\\x85\xa0\u2028\u2029'],
    [String.raw`"\x41\xe9\xE9\u20ac\u20AC\U0001F600\U0001f600"`, 'A\xe9\xe9\u20ac\u20ac\u{1f600}\u{1f600}'],
    ["'it''s mine, isn''t it'", "it's mine, isn't it"],
    ["''''", "'"],
    ['"a \\\n  b"', 'a b'],
    ["'a\n\n  b'", 'a\nb'],
  ])('%j', (text, value) => expect(valueIn(text)).toBe(value));

  it.each([String.raw`"\xg1"`, String.raw`"\x4"`, String.raw`"\u12G4"`, String.raw`"\q"`, '"a', "'a"])(
    '%s is refused',
    (text) => expect(() => valueIn(text)).toThrow(),
  );
});

describe('a block, folded or with its indentation given', () => {
  it.each([
    ['>\n  a\n  b\n', 'a b\n'],
    ['>\n  a\n  b\n\n  c\n', 'a b\nc\n'],
    ['>\n  a\n\n\n  b\n  c\n', 'a\n\nb c\n'],
    ['>-\n  a\n\n  b\n', 'a\nb'],
    ['>+\n  a\n\n', 'a\n\n'],
    ['>\n  a\n   more\n  b\n', 'a\n more\nb\n'],
    ['|2\n   a\n  b\n', ' a\nb\n'],
    ['|1-\n  a\n', ' a'],
  ])('%j', (text, value) => {
    expect(valueIn(text)).toBe(value);
    expect(parse(text)).toBe(value);
  });
});

describe('a value with a tag', () => {
  it.each([
    ['!!str 12', '12'],
    ['!<tag:yaml.org,2002:str> 12', '12'],
    ['!<tag:yaml.org,2002:int> 12', 12],
    ['!<tag:yaml.org,2002:s%74%72> 12', '12'],
    ['!!float 12', 12],
    ['!!bool yes', true],
    ['!!bool off', false],
    ['!!null ~', null],
    ['!own 12', '12'],
    ['! 12', '12'],
  ])('%s', (text, value) => expect(valueIn(text)).toBe(value));
  it.each(['!!int yes', '!!bool 12', '!!null 0', '!<tag:yaml.org,2002:str 12'])('%s is refused', (text) =>
    expect(() => valueIn(text)).toThrow(),
  );
});

describe('aliases', () => {
  /** Lists, each of which repeats the one before it several times. */
  const nested = (levels: number, times: number) =>
    Array.from({ length: levels }, (_, level) => {
      const items = Array.from({ length: times }, () => (level === 0 ? 'x' : `*l${level - 1}`));
      return `l${level}: &l${level} [${items.join(', ')}]\n`;
    }).join('');

  // 200 thousand values, and a few lines more would be as many millions.
  it('that make thousands of values of a few lines are refused, before they fill the memory', () => {
    expect(() => valueIn(nested(5, 11))).toThrow('aliases repeat too much of the file');
    expect(() => valueIn(nested(9, 11))).toThrow('aliases repeat too much of the file');
  });

  it('that are less than 99 of 100 values of a file are read', () => {
    const own = Array.from({ length: 200 }, (_, at) => `- {name: c${at}, cluster: *x}\n`).join('');
    expect(valueIn(`x: &x {server: a, proxy-url: b}\nclusters:\n${own}`)).toMatchObject({
      clusters: expect.toSatisfy((clusters: readonly unknown[]) => clusters.length === 200),
    });
  });
});
