import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseNotes, type Span } from '../../../renderer/releases/markdown.ts';

const text = (words: string): Span => ({ kind: 'text', text: words });
const spansOf = (notes: string) => {
  const [block] = parseNotes(notes);
  return block?.kind === 'paragraph' ? block.spans : undefined;
};

describe('notes', () => {
  test('are headings, lists, code and paragraphs', () => {
    const notes = [
      '# 1.4.0 #',
      '#### Deep',
      'One line',
      'and the next.',
      '- faster',
      '  by half',
      '* **safer**',
      '',
      '1. first',
      '2) second',
      '```sh',
      '# no heading',
      '',
      '- no item',
      '```',
      '#no heading',
    ].join('\r\n');
    expect(parseNotes(notes)).toEqual([
      { kind: 'heading', level: 1, spans: [text('1.4.0')] },
      { kind: 'heading', level: 3, spans: [text('Deep')] },
      { kind: 'paragraph', spans: [text('One line and the next.')] },
      {
        kind: 'list',
        ordered: false,
        items: [[text('faster by half')], [{ kind: 'strong', text: 'safer' }]],
      },
      { kind: 'list', ordered: true, items: [[text('first')], [text('second')]] },
      { kind: 'code', text: '# no heading\n\n- no item' },
      { kind: 'paragraph', spans: [text('#no heading')] },
    ]);
  });

  test('have links to the web, and addresses that are links', () => {
    expect(spansOf('See [the docs](https://a.example/b?c#d), or https://b.example/x.')).toEqual([
      text('See '),
      { kind: 'link', text: 'the docs', url: 'https://a.example/b?c#d' },
      text(', or '),
      { kind: 'link', text: 'https://b.example/x', url: 'https://b.example/x' },
      text('.'),
    ]);
    expect(spansOf('`[no](https://a.example)` link')).toEqual([
      { kind: 'code', text: '[no](https://a.example)' },
      text(' link'),
    ]);
  });

  test.each([
    '[x](javascript:alert)',
    '[x](JavaScript:alert)',
    '[x](http://a.example)',
    '[x](data:text/html,1)',
    '[x](k8s-tunnels://setup?url=x)',
    '[x](//a.example)',
    '[x](https://user:password@a.example)',
    '[x](https:)',
    '<img src=x onerror=alert(1)>',
    '<a href="x">y</a>',
    '![picture](x)',
    '**open',
  ])('show as written what is neither: %s', (notes) => {
    const spans = spansOf(notes) ?? [];
    expect(spans.map((span) => span.text).join('')).toBe(notes);
    expect(spans.filter(({ kind }) => kind === 'link')).toEqual([]);
  });

  test('end, whatever they hold, and every link leads to the web', () => {
    const pieces = ['#', ' ', '\n', '- ', '1. ', '```', '`', '**', '[', ']', '(', ')', 'https://', 'a', '  '];
    const written = fc.array(fc.oneof(fc.constantFrom(...pieces), fc.string()), { maxLength: 60 });
    fc.assert(
      fc.property(written, (parts) => {
        for (const block of parseNotes(parts.join(''))) {
          const spans = block.kind === 'code' ? [] : block.kind === 'list' ? block.items.flat() : block.spans;
          for (const span of spans) if (span.kind === 'link') expect(span.url).toMatch(/^https:\/\//);
        }
      }),
    );
  });

  test.each(['[', '`', '**', '#', ' ', '- ', '\n', '[a](', 'https://'])(
    'of nothing but %j take no time that a person sees',
    (piece) => {
      // A parser that looks back over all of it for each would take minutes.
      for (const before of ['', '# ', '- ', '`', '[a](https://'])
        expect(parseNotes(`${before}${piece.repeat(65_536 / piece.length)}x`).length).toBeGreaterThan(0);
    },
  );
});
