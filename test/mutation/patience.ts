import { vi } from 'vitest';

/** A mutant may wait for what never comes. Unchanged code has it within this. */
const timeout = 5000;
const waitFor = vi.waitFor;
const impatient: typeof waitFor = (look, options) =>
  waitFor(look, typeof options === 'number' ? options : { timeout, ...options });

// The mark tells test/support/patience.ts that a limit is set.
vi.waitFor = Object.assign(impatient, { [Symbol.for('k8s-tunnels patience')]: true });
