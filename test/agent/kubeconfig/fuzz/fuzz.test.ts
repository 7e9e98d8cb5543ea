import { expect, test } from 'vitest';
import { kubectl } from '../bench.ts';
import { compare } from './differential.ts';

// A slice of what `npm run fuzz:kubeconfig` goes through.
test.skipIf(kubectl === undefined)(
  'what kubectl reads is edited and its bytes come back; what it refuses is refused',
  async () => {
    const { disagreements, read } = await compare(7_000_000, 600);
    expect(disagreements).toEqual([]);
    expect(read).toBeGreaterThan(200);
  },
);
