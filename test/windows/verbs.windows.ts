import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { get } from 'node:http';
import { after, before, describe, test } from 'node:test';
import { createUser, settings, type User } from './user.ts';

const noKubectl = settings.kubectl === undefined && 'there is no kubectl';

describe('every verb, in a home with a space and a letter outside ASCII', () => {
  let user: User;
  const succeed = (...args: readonly string[]) => {
    const result = user.tunnels(args);
    assert.equal(result.code, 0, `${args.join(' ')}: ${result.said}`);
    return result.stdout;
  };
  before(() => {
    user = createUser('Ada Łovelace');
  });
  after(() => {
    user.tunnels(['quit']);
  });

  test('--version and --help', () => {
    assert.match(succeed('--version'), /^\d+\.\d+\.\d+/);
    assert.match(succeed('--help'), /connect/);
  });
  test('discover finds clusters', () => {
    assert.match(succeed('discover'), /\d+/);
  });
  test('list shows them', () => {
    assert.match(succeed('list'), /payments-staging-eu/);
  });
  test('connect signs in once and opens two', () => {
    succeed('connect', 'payments-staging-eu', 'search-staging');
    assert.ok(existsSync(user.kubeconfig));
  });
  test('kubectl gets namespaces through both, by the credential plugin', { skip: noKubectl }, () => {
    for (const context of [[], ['--context', 'search-staging']]) {
      const result = user.kubectl([...context, 'get', 'namespaces', '-o', 'name']);
      assert.equal(result.code, 0, result.said);
      assert.match(result.stdout, /namespace\/default/);
    }
  });
  test('status shows both tunnels', () => {
    const status = succeed('status');
    assert.match(status, /payments-staging-eu/);
    assert.match(status, /search-staging/);
  });
  test('switch sets the current context', () => {
    succeed('switch', 'search-staging');
    assert.match(readFileSync(user.kubeconfig, 'utf8'), /current-context: "?search-staging/);
  });
  test('activity, accounts and settings', () => {
    assert.match(succeed('activity'), /search-staging/);
    assert.match(succeed('accounts'), /access/i);
    assert.match(succeed('settings'), /keepEntries/);
    succeed('settings', 'keepEntries', 'true');
  });
  test('sets are saved and connected', () => {
    assert.match(succeed('sets'), /\w/);
  });
  test('lint-tags finds problems and says so by its exit code', () => {
    const result = user.tunnels(['lint-tags']);
    assert.equal(result.code, 6, result.said);
  });
  test('tags prints a command', () => {
    assert.match(succeed('tags', 'batch', '--set', 'hostname=batch.k8s.example.com'), /batch\.k8s/);
  });
  test('login and logout', () => {
    succeed('login', 'vault');
    succeed('logout', 'access');
    succeed('login', 'access');
  });
  test('rotate replaces the passwords', () => {
    const before = readFileSync(user.kubeconfig, 'utf8');
    succeed('rotate', '--all');
    assert.notEqual(readFileSync(user.kubeconfig, 'utf8'), before);
  });
  test('disconnect leaves a context that connects on demand', { skip: noKubectl }, () => {
    succeed('disconnect', 'search-staging');
    const result = user.kubectl(['--context', 'search-staging', 'get', 'namespaces', '-o', 'name']);
    assert.equal(result.code, 0, result.said);
  });
  test('remove takes the kubeconfig that it made', () => {
    succeed('disconnect', '--all');
    succeed('forget', '--all');
    assert.ok(!existsSync(user.kubeconfig));
  });
  test('setup shows that there is no configuration', () => {
    succeed('setup', '--show');
  });
  test('serve serves the window at an address', async () => {
    const { found, end } = await user.follow(['serve', '--no-open'], /http:\/\/127\.0\.0\.1:\d+\/\S*/);
    const address = found.replace(/#.*$/, '');
    const status = await new Promise<number | undefined>((resolve, reject) => {
      get(address, (answer) => resolve(answer.resume().statusCode)).once('error', reject);
    });
    end();
    assert.equal(status, 200, address);
  });
  test('an unknown verb is an error of usage', () => {
    assert.equal(user.tunnels(['frobnicate']).code, 2);
  });
  test('quit ends the agent', () => {
    succeed('quit');
  });
});
