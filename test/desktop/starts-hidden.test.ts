import { expect, test } from 'vitest';
import { startsHidden } from '../../main/desktop/starts-hidden.ts';

test.each([
  ['by a user on macOS', [], 'darwin', false, false],
  ['at login on macOS, which passes no argument', [], 'darwin', true, true],
  ['at login on Windows', ['--hidden'], 'win32', false, true],
  ['at login on Linux', ['--hidden'], 'linux', false, true],
  ['by a user on Linux', [], 'linux', false, false],
] as const)('a start %s', (_how, argv, platform, wasOpenedAtLogin, hidden) => {
  expect(startsHidden({ argv, platform, wasOpenedAtLogin: () => wasOpenedAtLogin })).toBe(hidden);
});

test('only macOS is asked whether it opened the app', () => {
  const wasOpenedAtLogin = () => {
    throw new Error('asked');
  };
  expect(startsHidden({ argv: ['app'], platform: 'linux', wasOpenedAtLogin })).toBe(false);
});
