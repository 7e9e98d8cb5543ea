import { expect, vi } from 'vitest';

/** Enough for the busiest computer. Whoever waits for something that never comes waits this long, once. */
const timeout = 15_000;
const patient = Symbol.for('k8s-tunnels patience');

/**
 * `vi.waitFor` and `expect.poll` give up after a second by default, in which a busy computer may not get to it: a test would
 * fail for want of time. A test that names a limit keeps it.
 */
const original = vi.waitFor;
if (!(patient in original)) {
  const waitFor: typeof original = (look, options) =>
    original(look, typeof options === 'number' ? options : { timeout, ...options });
  vi.waitFor = Object.assign(waitFor, { [patient]: true });
  const { waitUntil } = vi;
  vi.waitUntil = (look, options) =>
    waitUntil(look, typeof options === 'number' ? options : { timeout, ...options });
  const { poll } = expect;
  expect.poll = (look, options) => poll(look, { timeout, ...options });
}
