import { expect, test } from 'vitest';
import { listenHint } from '../../../main/agent/tunnels/listen-error.ts';
import { findIt, unopenedHint } from '../../../main/api/socket/holder.ts';

test('on Windows no hint names a program or a limit that only other systems have', () => {
  const hints = [
    findIt('win32'),
    unopenedHint('win32'),
    listenHint('EMFILE', true, 'win32'),
    listenHint('EACCES', false, 'win32'),
    listenHint('EPERM', false, 'win32'),
  ];
  for (const hint of hints) expect(hint).not.toMatch(/lsof|ss -|ulimit|SELinux|AppArmor|chmod|folder/);
});

test('elsewhere they name the programs of the system', () => {
  expect(findIt('linux')).toMatch(/`lsof` or `ss -xlp`/);
  expect(unopenedHint('darwin')).toMatch(/you own it/);
  expect(listenHint('EMFILE', true, 'linux')).toMatch(/ulimit -n/);
});
