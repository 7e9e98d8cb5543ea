import { describe, expect, test } from 'vitest';
import { type Area, areas, isArea, mutantsIn } from './areas.ts';
import { isEquivalent, readEquivalent } from './equivalent.ts';
import { entriesOf, mutantsOf } from './mutants.ts';
import { sample } from './sample.ts';

const changed = (source: string) =>
  mutantsOf('a.ts', source).map(({ start, end, text }) => source.slice(0, start) + text + source.slice(end));

describe('mutants', () => {
  test.each([
    ['const a = b < c;', ['const a = (b <= c);', 'const a = (b >= c);']],
    ['const a = b === c && d;', ['const a = (b === c || d);', 'const a = (b !== c) && d;']],
    ['const a = b ?? c;', ['const a = (b && c);']],
    ['const a = b + 20;', ['const a = (b - 20);']],
    ["const a = 'b' + c;", ["const a = '' + c;"]],
    ['const a = b ? c : d;', ['const a = true ? c : d;', 'const a = false ? c : d;']],
    ['if (!a) b();', ['if (true) b();', 'if (false) b();', 'if (a) b();']],
    ['while (a) b();', ['while (false) b();', 'while (a) ;']],
    ['const a = () => b;', ['const a = () => undefined;']],
    ['function a() { b(); }', ['function a() {}']],
    [
      'async function a() { b(); await c(); }',
      ['async function a() {}', 'async function a() { ; await c(); }', 'async function a() { b(); ; }'],
    ],
    ['try { a(); } catch { b(); }', ['try {} catch { b(); }', 'try { a(); } catch {}']],
    ['const a = b?.c;', ['const a = b.c;']],
    ['const a = b.filter(c);', ['const a = b;']],
    ['const a = Math.ceil(b);', ['const a = Math.floor(b);']],
    ['const a = 3;', ['const a = 4;']],
    ['const a = /^b$/i;', ['const a = /b$/i;', 'const a = /^b/i;', 'const a = /^b$/;']],
    ['const a = [b];', ['const a = [];']],
    ['const a = { b };', ['const a = {};']],
  ])('%s', (source, expected) => expect(changed(source).toSorted()).toEqual([...expected].toSorted()));

  test.each([
    "import a from 'b';",
    "type A = 'b' | 1;",
    "logger.warn('a', { b: 1 });",
    'const a = `a sentence`;',
    "const a = 'a sentence for users';",
  ])('none of %s', (source) => expect(changed(source)).toEqual([]));

  test('are named by their lines and belong to the function around them', () => {
    const source = 'const a = 1;\nfunction b() {\n  return  c(2);\n}\n';
    const [, , inside] = mutantsOf('a.ts', source);
    expect(inside).toMatchObject({ from: 'return c(2);', to: 'return c(3);' });
    expect(entriesOf('a.ts', source)).toEqual([inside?.within]);
    expect(mutantsOf('a.ts', source)[0]?.within).toBeUndefined();
  });
});

describe('a sample', () => {
  const options = { areas: ['redaction', 'catalog'], count: 100, equivalent: [] } as const;

  test('is the same for the same seed, and another for another', async () => {
    const [one, again, other] = await Promise.all(
      ['1', '1', '2'].map((seed) => sample({ ...options, seed })),
    );
    expect(again).toEqual(one);
    expect(other).not.toEqual(one);
    expect(one?.length).toBeGreaterThanOrEqual(100);
  });

  test('leaves out what is listed as equivalent', async () => {
    const [first] = await sample({ ...options, seed: '1' });
    if (first === undefined) throw new Error('no mutant');
    const { file, from, to } = first.mutant;
    const left = await sample({ ...options, seed: '1', equivalent: [{ file, from, to, reason: 'a test' }] });
    expect(left.some(({ mutant }) => mutant.from === from && mutant.to === to)).toBe(false);
  });
});

test('every listed equivalent mutant is still one of the code', async () => {
  const all = (
    await Promise.all(
      Object.keys(areas)
        .filter(isArea)
        .map((area: Area) => mutantsIn(area)),
    )
  ).flat();
  const listed = await readEquivalent();
  const gone = listed.filter((one) => !all.some((mutant) => isEquivalent(mutant, [one])));
  expect(gone).toEqual([]);
});
