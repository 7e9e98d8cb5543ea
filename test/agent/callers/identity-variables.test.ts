import { expect, test } from 'vitest';
import {
  environmentWith,
  identityVariables,
  lastingEnvironment,
  shownVariables,
  variablesFor,
} from '../../../main/agent/callers/identity-variables.ts';
import { withKnownNames } from '../../../main/agent/callers/variable-names.ts';

test('are those that providers read, with paths in the folder of the shell, and no others', () => {
  const env = {
    PATH: '/bin',
    AWS_PROFILE: 'dev',
    AWS_REGION: 'eu-west-1',
    AWS_PAGER: 'less',
    AWS_CONFIG_FILE: 'aws/config',
    GOOGLE_APPLICATION_CREDENTIALS: './key.json',
    GOOGLE_API_KEY: 'of another program',
    CLOUDSDK_CONFIG: '/etc/gcloud',
    VAULT_TOKEN: '',
  };
  // A region says nothing without keys.
  expect(identityVariables(env, '/home/ada/shop')).toEqual({
    AWS_PROFILE: 'dev',
    AWS_CONFIG_FILE: '/home/ada/shop/aws/config',
    GOOGLE_APPLICATION_CREDENTIALS: '/home/ada/shop/key.json',
    CLOUDSDK_CONFIG: '/etc/gcloud',
  });
  expect(identityVariables({ ...env, AWS_ACCESS_KEY_ID: 'AKIA' }, '/')).toMatchObject({
    AWS_REGION: 'eu-west-1',
  });
});

test('an agent that outlives its shell starts without secrets and relative paths', () => {
  const env = {
    HOME: '/home/ada',
    AWS_ACCESS_KEY_ID: 'AKIA',
    AWS_SECRET_ACCESS_KEY: 'secret',
    AWS_SESSION_TOKEN: 'session',
    AZURE_CLIENT_SECRET: 'secret',
    VAULT_TOKEN: 'hvs.secret',
    VAULT_ADDR: 'https://vault.acme.example',
    AWS_PROFILE: 'dev',
    AWS_REGION: 'eu-west-1',
    GOOGLE_APPLICATION_CREDENTIALS: 'key.json',
    OTHER: 'key.json',
  };
  expect(lastingEnvironment(env, '/srv')).toEqual({
    HOME: '/home/ada',
    VAULT_ADDR: 'https://vault.acme.example',
    AWS_PROFILE: 'dev',
    AWS_REGION: 'eu-west-1',
    GOOGLE_APPLICATION_CREDENTIALS: '/srv/key.json',
    OTHER: 'key.json',
  });
});

test("a shell without variables of a provider gets the agent's addresses, never its identity", () => {
  const agent = {
    AWS_PROFILE: 'first',
    AWS_ENDPOINT_URL: 'http://localhost:1',
    VAULT_ADDR: 'https://vault.acme.example',
    VAULT_TOKEN: 'hvs.first',
  };
  expect(variablesFor({ agent, caller: {}, inherits: false })).toEqual({
    AWS_ENDPOINT_URL: 'http://localhost:1',
    VAULT_ADDR: 'https://vault.acme.example',
  });
  // What it sets of one provider counts as a whole: its token is for its own server.
  expect(variablesFor({ agent, caller: { VAULT_TOKEN: 'hvs.second' }, inherits: false })).toEqual({
    AWS_ENDPOINT_URL: 'http://localhost:1',
    VAULT_TOKEN: 'hvs.second',
  });
  // Where the login shell sets them, every shell has them.
  expect(variablesFor({ agent, caller: { VAULT_TOKEN: 'hvs.second' }, inherits: true })).toEqual({
    AWS_PROFILE: 'first',
    AWS_ENDPOINT_URL: 'http://localhost:1',
    VAULT_TOKEN: 'hvs.second',
  });
});

test('replace those of the agent, and leave the rest of its environment', () => {
  const env = { PATH: '/bin', AWS_PROFILE: 'first', AWS_REGION: 'us-east-1', VAULT_TOKEN: 'hvs.first' };
  expect(environmentWith(env, { AWS_PROFILE: 'second' })).toEqual({ PATH: '/bin', AWS_PROFILE: 'second' });
});

test('are shown with their values, secrets by name', () => {
  const env = { AWS_PROFILE: 'dev', VAULT_ADDR: 'https://vault.acme.example', VAULT_TOKEN: 'hvs.secret' };
  expect(shownVariables(env)).toEqual({ AWS_PROFILE: 'dev', VAULT_TOKEN: '(secret)' });
});

test('a variable counts by its other names too', () => {
  const env = {
    BAO_ADDR: 'https://bao.acme.example',
    VAULT_ADDR: 'https://vault.acme.example',
    BAO_TOKEN: 's.secret',
    BAO_CACERT: 'ca.pem',
    BAO_NAMESPACE: '',
    VAULT_NAMESPACE: 'team',
    AWS_DEFAULT_PROFILE: 'dev',
  };
  const known = {
    VAULT_ADDR: 'https://bao.acme.example',
    VAULT_CACERT: '/srv/ca.pem',
    VAULT_NAMESPACE: 'team',
    AWS_PROFILE: 'dev',
  };
  expect(identityVariables(env, '/srv')).toEqual({ ...known, VAULT_TOKEN: 's.secret' });
  // A secret under another name is one too.
  expect(lastingEnvironment({ ...env, HOME: '/home/ada' }, '/srv')).toEqual({ ...known, HOME: '/home/ada' });
  expect(shownVariables(env)).toEqual({ VAULT_TOKEN: '(secret)', AWS_PROFILE: 'dev' });
  expect(identityVariables({ AWS_DEFAULT_PROFILE: 'dev', AWS_PROFILE: 'prod' }, '/')).toEqual({
    AWS_PROFILE: 'prod',
  });
  expect(withKnownNames({ PATH: '/bin', BAO_: 'x', TAOBAO_ADDR: 'y' })).toEqual({
    PATH: '/bin',
    BAO_: 'x',
    TAOBAO_ADDR: 'y',
  });
});
