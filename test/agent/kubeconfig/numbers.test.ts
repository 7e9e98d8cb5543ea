import { expect, test } from 'vitest';
import { parseDocument } from '../../../main/agent/kubeconfig/document.ts';

// kubectl makes JSON of a file, which has no infinite numbers. It was asked about each of these.
test.each(['x: .inf\nx: 1\n', 'x: {.inf: 1, -.inf: 2, .nan: 3}\n'])(
  'a number that JSON does not have is no mistake where nothing is left of it: %j',
  (text) => {
    expect(() => parseDocument(text, 'config')).not.toThrow();
  },
);

test.each(['x: .inf\n', 'x: 1\nx: [-.Inf]\n', 'x: &a .nan\ny: *a\nx: 1\n'])(
  'it is one elsewhere: %j',
  (text) => {
    expect(() => parseDocument(text, 'config')).toThrow('a number is infinite or none');
  },
);
