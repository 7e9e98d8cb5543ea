import { expect, test } from 'vitest';
import { kubectlHome } from '../../../main/agent/kubeconfig/kubectl-home.ts';

const windows = (env: Readonly<Record<string, string>>, files: Readonly<Record<string, number>>) =>
  kubectlHome(env, 'C:\\fallback', {
    platform: 'win32',
    stat: (file) => {
      const mode = files[file];
      return mode === undefined ? undefined : { mode, isDirectory: () => !file.endsWith('config') };
    },
  });
const env = { HOME: 'H:\\', HOMEDRIVE: 'N:', HOMEPATH: '\\ada', USERPROFILE: 'C:\\Users\\Ada' };
const config = (home: string) => `${home}\\.kube\\config`;

test('on Windows the first home that has a kubeconfig: HOME, HOMEDRIVE with HOMEPATH, USERPROFILE', () => {
  const [drive, profile] = [config('N:\\ada'), config('C:\\Users\\Ada')];
  expect(windows(env, { 'H:\\.kube\\config': 0o666, [drive]: 0o666, [profile]: 0o666 })).toBe('H:\\');
  expect(windows(env, { 'H:\\': 0o777, [drive]: 0o666, [profile]: 0o666 })).toBe('N:\\ada');
  expect(windows(env, { 'H:\\': 0o777, [profile]: 0o666 })).toBe('C:\\Users\\Ada');
});

test('without a kubeconfig the first writable one: HOME, USERPROFILE, HOMEDRIVE with HOMEPATH', () => {
  expect(windows(env, { 'H:\\': 0o777, 'C:\\Users\\Ada': 0o777 })).toBe('H:\\');
  expect(windows(env, { 'H:\\': 0o555, 'C:\\Users\\Ada': 0o777, 'N:\\ada': 0o777 })).toBe('C:\\Users\\Ada');
  expect(windows(env, { 'N:\\ada': 0o777 })).toBe('N:\\ada');
  expect(windows(env, { 'C:\\Users\\Ada': 0o555 })).toBe('C:\\Users\\Ada');
  expect(windows(env, {})).toBe('H:\\');
});

test('what is empty or half is not set', () => {
  const { HOMEDRIVE, USERPROFILE } = env;
  expect(windows({ HOME: '', HOMEDRIVE, USERPROFILE }, {})).toBe('C:\\Users\\Ada');
  expect(windows({ HOMEDRIVE }, {})).toBe('C:\\fallback');
  expect(windows({}, {})).toBe('C:\\fallback');
});

test('elsewhere it is the home folder, whatever Windows would have', () => {
  expect(kubectlHome(env, '/home/ada', { platform: 'linux' })).toBe('/home/ada');
});
