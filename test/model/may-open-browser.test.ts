import { expect, test } from 'vitest';
import { mayOpenBrowser } from '../../main/model/may-open-browser.ts';

const info = (spec: unknown) => JSON.stringify({ kind: 'ExecCredential', spec });

test.each([
  [{ env: {} }, true],
  [{ env: { K8S_TUNNELS_NO_BROWSER: '' } }, true],
  [{ env: { K8S_TUNNELS_NO_BROWSER: '1' } }, false],
  [{ env: {}, browser: false }, false],
  [{ env: {}, execInfo: info({ interactive: true }) }, true],
  [{ env: {}, execInfo: info({ interactive: false }) }, false],
  [{ env: { K8S_TUNNELS_NO_BROWSER: '1' }, execInfo: info({ interactive: true }) }, false],
  // What says nothing of a terminal is run by hand.
  [{ env: {}, execInfo: '' }, true],
  [{ env: {}, execInfo: 'null' }, true],
  [{ env: {}, execInfo: '{"spec": {}}' }, true],
  [{ env: {}, execInfo: '{' }, true],
] as const)('%j: %s', (asked, expected) => {
  expect(mayOpenBrowser(asked)).toBe(expected);
});
