import { afterEach, beforeEach, expect, test } from 'vitest';
import { agentVariables, networkDifferences } from '../../main/cli/network-difference.ts';

const before = { ...process.env };
beforeEach(() => {
  for (const name of Object.keys(process.env))
    if (/PROXY|CA_BUNDLE|SSL_CERT|CA_CERTS/i.test(name)) delete process.env[name];
  process.env.HTTPS_PROXY = 'http://ada:secret@corporate.example:3128';
});
afterEach(() => {
  for (const name of Object.keys(process.env)) if (!(name in before)) delete process.env[name];
  Object.assign(process.env, before);
});

test('a shell with another proxy than the agent is told so, with the command that applies its own', () => {
  expect(networkDifferences({ variables: { NO_PROXY: '.acme.example' }, signIns: 'headless' })).toEqual([
    "The agent and its tunnels use no HTTPS_PROXY and NO_PROXY=.acme.example; this shell has HTTPS_PROXY=http://corporate.example:3128 and no NO_PROXY. Run `k8s-tunnels quit` to use this shell's: the next command starts the agent with them.",
  ]);
  expect(networkDifferences({ variables: {}, signIns: 'keychain' })).toMatchObject([
    expect.stringContaining('start the app again'),
  ]);
});

test('nothing is said where both are the same', () => {
  const variables = { HTTPS_PROXY: 'http://corporate.example:3128', AWS_PROFILE: 'dev' };
  expect(networkDifferences({ variables, signIns: 'headless' })).toEqual([]);
  expect(agentVariables({ variables, signIns: 'headless' })).toBe(
    'the agent and the window use HTTPS_PROXY=http://corporate.example:3128 AWS_PROFILE=dev',
  );
  expect(agentVariables({ signIns: 'headless' })).toBeUndefined();
});
