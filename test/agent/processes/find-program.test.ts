import { expect, test } from 'vitest';
import { endings } from '../../../main/agent/processes/find-program.ts';

test('on Windows a name without an ending is not a program, whatever lies beside it', () => {
  expect(endings('az', {}, 'win32')).toEqual(['.COM', '.EXE', '.BAT', '.CMD']);
  expect(endings('az', { PATHEXT: '.exe;;.cmd' }, 'win32')).toEqual(['.exe', '.cmd']);
  expect(endings('C:\\tools.d\\az', { PATHEXT: '' }, 'win32')).not.toContain('');
});

test('on Windows a name with an ending is tried as it is first', () => {
  expect(endings('kubelogin.exe', { PATHEXT: '.EXE' }, 'win32')).toEqual(['', '.EXE']);
  expect(endings('plugin.v2', { PATHEXT: '.EXE' }, 'win32')).toEqual(['', '.EXE']);
});

test('elsewhere a name is a name', () => {
  expect(endings('az', { PATHEXT: '.EXE' }, 'linux')).toEqual(['']);
});
