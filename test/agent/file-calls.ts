import fs from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { type MockInstance, onTestFinished, vi } from 'vitest';

/** Counts the calls of a function of `node:fs/promises`, which still does its work, until the test has finished. */
export function countCalls<K extends 'readFile' | 'mkdir' | 'stat'>(name: K): MockInstance<(typeof fs)[K]> {
  const calls = vi.spyOn(fs, name);
  syncBuiltinESMExports();
  onTestFinished(() => {
    calls.mockRestore();
    syncBuiltinESMExports();
  });
  return calls as unknown as MockInstance<(typeof fs)[K]>;
}
