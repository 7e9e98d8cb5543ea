import { expect, test } from 'vitest';
import { secretFrom } from '../../../../main/agent/providers/vault/secret.ts';

test('a secret of KV version 1 has tags under the organisation’s prefix and the default one, and no other fields as tags', () => {
  const data = {
    server: 'https://api',
    token: 'secret',
    'globex-hostname': 'a.example.com',
    'k8s-tunnels-owner': 'Ada',
    globex_password: 'secret',
    'globex-note': 7,
  };
  expect(secretFrom(1, { data }, 'globex-')?.tags).toEqual({
    'globex-hostname': 'a.example.com',
    'k8s-tunnels-owner': 'Ada',
  });
});
