import { afterEach, expect, test, vi } from 'vitest';
import { callerEnvironment } from '../../main/cli/caller-environment.ts';
import { callerEnvironmentSchema } from '../../main/model/caller-environment.ts';

afterEach(() => vi.unstubAllEnvs());

test('what a shell sends has the names that an agent takes', () => {
  vi.stubEnv('BAO_ADDR', 'https://bao.acme.example');
  vi.stubEnv('BAO_TOKEN', 's.secret');
  vi.stubEnv('VAULT_ADDR', 'https://vault.acme.example');
  vi.stubEnv('AWS_DEFAULT_PROFILE', 'dev');
  vi.stubEnv('AWS_PROFILE', undefined);
  vi.stubEnv('EDITOR', 'vi');
  const { variables } = callerEnvironmentSchema.parse(callerEnvironment());
  expect(variables).toMatchObject({
    VAULT_ADDR: 'https://bao.acme.example',
    VAULT_TOKEN: 's.secret',
    AWS_PROFILE: 'dev',
  });
  expect(Object.keys(variables).filter((name) => /^BAO_|^EDITOR$/.test(name))).toEqual([]);
});
