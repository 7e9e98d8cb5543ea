import { expect, test } from 'vitest';
import { loginItem } from '../../main/desktop/login-entry.ts';

const program = 'C:\\Users\\Ada Lovelace\\AppData\\Local\\Programs\\k8s-tunnels\\k8s-tunnels.exe';

test('on Windows the program is quoted: the registry takes the words before a space for it', () => {
  expect(loginItem(true, program, 'win32')).toEqual({
    openAtLogin: true,
    path: `"${program}"`,
    args: ['--hidden'],
  });
  expect(loginItem(false, program, 'win32').path).toBe(`"${program}"`);
});

test('on macOS the system knows the app', () => {
  expect(loginItem(true, '/Applications/k8s-tunnels.app', 'darwin')).toEqual({
    openAtLogin: true,
    args: ['--hidden'],
  });
});
