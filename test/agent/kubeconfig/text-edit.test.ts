import { expect, test } from 'vitest';
import { lineEnd, lineStart } from '../../../main/agent/kubeconfig/text-edit.ts';

const text = 'kind: Config\nusers:\n- name: ada';

test.each([
  [0, 0, 13],
  [5, 0, 13],
  [12, 0, 13],
  [13, 13, 13],
  [14, 13, 20],
  [30, 20, text.length],
])('the line around offset %i goes from %i to %i', (at, start, end) => {
  expect([lineStart(text, at), lineEnd(text, at)]).toEqual([start, end]);
});

test('a blank first line and a byte order mark', () => {
  expect([lineStart('\nkind: Config', 0), lineStart('\nkind: Config', 1)]).toEqual([0, 1]);
  expect(lineStart('\ufeffkind: Config', 5)).toBe(1);
});
