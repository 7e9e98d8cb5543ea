import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { type ProductPattern, patternsMadeBy, productPatterns } from './product-patterns.ts';

type Told =
  | { readonly kind: 'begun'; readonly place: string }
  | { readonly kind: 'slow'; readonly place: string; readonly attack: string; readonly ratio: number }
  | { readonly kind: 'done' };

/**
 * The patterns at which the work grows faster than the text, with the text; and the one that is at work after
 * `endAfterMs`: a pattern that takes exponential time would never end by itself.
 */
function slowOnes(options: {
  readonly patterns: readonly ProductPattern[];
  readonly texts?: readonly string[];
  readonly endAfterMs: number;
}): Promise<readonly string[]> {
  const { patterns, texts = [], endAfterMs } = options;
  return new Promise((resolve, reject) => {
    const slow: string[] = [];
    let current = '';
    const worker = new Worker(new URL('./work-worker.ts', import.meta.url), {
      workerData: { patterns, texts },
    });
    const end = () => {
      clearTimeout(timer);
      resolve(slow);
      void worker.terminate();
    };
    const timer = setTimeout(() => {
      slow.push(`${current}: no end`);
      end();
    }, endAfterMs);
    worker.once('error', reject);
    worker.on('message', (told: Told) => {
      if (told.kind === 'begun') current = told.place;
      else if (told.kind === 'slow') slow.push(`${told.place}: ${told.attack}`);
      else end();
    });
  });
}

/** Made at run time of something else than the sources say, and why that is no harm. */
const madeInFunctions = [
  // Of words that the user types, each escaped: an alternation without a repetition.
  'renderer/clusters/search.ts',
  // Of a list of scripts that stands there: one class of characters each.
  'main/model/mixed-scripts.ts',
];

/** What the functions that read foreign text are fed with. */
const texts = [
  ...[
    '\\',
    '"token":"\\',
    '\\"',
    '"code"',
    'cookie:',
    'Cookie: a',
    'bearer+',
    '/s.',
    '/aoa',
    '/0.',
    'eyJ',
    '%AAeyJ',
  ],
  ...[
    'token: ',
    'token:[ ',
    'passwordpassword',
    'https://a:',
    '-----BEGIN PRIVATE KEY-----',
    '1//',
    'a',
    ' ',
    'a@',
  ],
  ...['<p<p ', '<p>', '<!--', '<script>', '<head><p>', '</p', '<p>&', '<', '&a', '<p>forbidden</p>', '<p>\n'],
];

describe('every pattern of the product', () => {
  it('takes time in proportion to the text', { timeout: 120_000 }, async () => {
    const { written, made } = productPatterns();
    expect(written.length).toBeGreaterThan(150);
    const inFunctions = made.filter(({ inFunction }) => inFunction).map(({ file }) => file);
    expect(new Set(inFunctions)).toEqual(new Set(madeInFunctions));
    const atLoading: ProductPattern[] = [];
    for (const file of new Set(made.filter(({ inFunction }) => !inFunction).map((one) => one.file))) {
      const found = await patternsMadeBy(file);
      expect(found.length).toBeGreaterThanOrEqual(made.filter((one) => one.file === file).length);
      atLoading.push(...found);
    }
    const all = [...new Map([...written, ...atLoading].map((one) => [one.source + one.flags, one])).values()];
    const repeating = all.filter(({ source }) => /[*+]|\{\d+,/.test(source));
    expect(await slowOnes({ patterns: repeating, texts, endAfterMs: 90_000 })).toEqual([]);
  });

  it.each([
    [String.raw`\/+$`, 'a run that can be begun anywhere'],
    [String.raw`"code"\s*\[?\s*:`, 'two repetitions of the same side by side'],
    [String.raw`BEGIN[\s\S]+?END`, 'an end that is looked for again from each beginning'],
    [String.raw`cookie:(?=[^\s=]+=)\S+`, 'a lookahead that runs to the end from each beginning'],
    [String.raw`\\*"code\\*"`, 'backslashes before what never comes'],
  ])('this test finds that %s does not: %s', { timeout: 60_000 }, async (source) => {
    const patterns = [{ place: source, source, flags: '' }];
    expect(await slowOnes({ patterns, endAfterMs: 50_000 })).toEqual([
      expect.stringContaining(`${source}: {`),
    ]);
  });

  it('this test ends a repetition of repetitions', async () => {
    const patterns = [{ place: 'here', source: '^(?:a+)+$', flags: '' }];
    expect(await slowOnes({ patterns, endAfterMs: 2_000 })).toEqual(['here: no end']);
  });
});
