import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { withIsoTimes } from '../../main/cli/json-document.ts';
import { yamlText } from '../../main/cli/yaml-text.ts';

it.each([
  { a: 1, b: 'text', c: null, d: true, e: [], f: {} },
  {
    list: [{ a: 1, b: [1, 2, { c: 'x' }] }, [], [[1]], 'y'],
    nested: { deep: { er: ['no', 'yes', 'null', '1', '1e3', '0x1', ''] } },
  },
  {
    'key: odd': '# not a comment',
    no: 'off',
    '2026-11-29': '2026-11-29',
    x: 'a: b',
    y: 'line\nbreak',
    z: '\u0085',
  },
  [],
  'plain',
])('%j is read back as it was', (value) => {
  for (const version of ['1.1', '1.2'] as const) expect(parse(yamlText(value), { version })).toEqual(value);
});

it('times are ISO 8601, and nothing else changes', () => {
  const at = Date.UTC(2026, 10, 29, 13, 40);
  expect(
    withIsoTimes({ at, seenAt: at, since: at, until: at, pid: 7, latencyMs: 12, list: [{ endsAt: at }] }),
  ).toEqual({
    at: '2026-11-29T13:40:00.000Z',
    seenAt: '2026-11-29T13:40:00.000Z',
    since: '2026-11-29T13:40:00.000Z',
    until: '2026-11-29T13:40:00.000Z',
    pid: 7,
    latencyMs: 12,
    list: [{ endsAt: '2026-11-29T13:40:00.000Z' }],
  });
});
