import { expect, test } from 'vitest';
import { cleanLine, cleanObject, cleanText, isSecretVariable } from '../../main/mcp/redaction.ts';

const jwt = `eyJhbGciOiJSUzI1NiJ9.${Buffer.from('{"sub":"x"}').toString('base64url')}.c2lnbmF0dXJlLXNpZ25hdHVyZQ`;

test('the data of a Secret is not shown, wherever the object is', () => {
  const secret = {
    kind: 'Secret',
    metadata: { name: 'login' },
    type: 'Opaque',
    data: { password: 'aHVudGVyMg==' },
    stringData: { password: 'hunter2' },
  };
  expect(cleanObject({ kind: 'List', items: [secret] })).toEqual({
    kind: 'List',
    items: [{ kind: 'Secret', metadata: { name: 'login' }, type: 'Opaque' }],
  });
});

test.each([
  'DB_PASSWORD',
  'DB_PASS',
  'STRIPE_KEY',
  'apiKey',
  'AUTH_TOKEN',
  'SENTRY_DSN',
  'redis-pwd',
  'AWS_SECRET_ACCESS_KEY',
])('the value of the variable %s is not shown', (name) => {
  expect(cleanObject({ env: [{ name, value: 'hunter2' }] })).toEqual({
    env: [{ name, value: '[redacted]' }],
  });
});

test.each(['LOG_LEVEL', 'TOKEN_URL', 'PASSWORD_FILE', 'KEYCLOAK_URL', 'MONKEY', 'PORT', 'AUTHOR'])(
  'the value of the variable %s is shown',
  (name) => expect(isSecretVariable(name)).toBe(false),
);

test('references to secrets stay, and secrets in fields, flags, addresses and files go', () => {
  const cleaned = cleanObject({
    metadata: {
      managedFields: [{ manager: 'kubectl' }],
      annotations: {
        'kubectl.kubernetes.io/last-applied-configuration': '{"password":"hunter2"}',
        note: 'fine',
      },
    },
    spec: {
      env: [{ name: 'DB_PASSWORD', valueFrom: { secretKeyRef: { name: 'login', key: 'password' } } }],
      args: ['--password', 'hunter2', '--token=hunter2', '--level', 'debug'],
      url: 'postgres://app:hunter2@db/app',
      volumes: [{ name: 'tls', secret: { secretName: 'tls' } }],
      adminPassword: 'hunter2',
      apiKeys: ['hunter2'],
      retries: 3,
    },
    data: { 'app.yaml': 'log: info\npassword: hunter2\ndb:\n  - secret: "hunter2"\n', token: jwt },
    binaryData: { store: 'aHVudGVyMg==' },
  });
  expect(JSON.stringify(cleaned)).not.toMatch(/hunter2|aHVudGVy|eyJhbGci/);
  expect(cleaned).toMatchObject({
    metadata: { annotations: { note: 'fine' } },
    spec: {
      env: [{ name: 'DB_PASSWORD', valueFrom: { secretKeyRef: { name: 'login', key: 'password' } } }],
      args: ['--password', '[redacted]', '--token=[redacted]', '--level', 'debug'],
      volumes: [{ name: 'tls', secret: { secretName: 'tls' } }],
      retries: 3,
    },
    data: { 'app.yaml': 'log: info\npassword: [redacted]\ndb:\n  - secret: [redacted]\n' },
  });
  expect(JSON.stringify(cleaned)).not.toContain('managedFields');
});

test('a secret in a log goes, also where characters that cannot be seen are in it, and lines stay', () => {
  const hidden = `${jwt.slice(0, 12)}\u200b${jwt.slice(12)}`;
  const key = '-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqh\nkiG9w0BAQEFAASC\n-----END PRIVATE KEY-----';
  const text = cleanText(`start\nBearer ${jwt}\n${hidden}\n${key}\nend`);
  expect(text).not.toMatch(/eyJ|MIIE|kiG9/);
  expect(text.split('\n')[0]).toBe('start');
  expect(text.split('\n').at(-1)).toBe('end');
});

test('no terminal sequence, no direction and no invisible character is left', () => {
  expect(cleanText('\u001b[31mred\u001b[0m \u202eevil\u2066 a\u200bb\r\nnext\u0007')).toBe(
    'red evil ab\nnext',
  );
  expect(cleanLine('one\ntwo\u2028three')).toBe('one two three');
  expect(cleanObject({ 'a\u202e': '\u001b]8;;http://x\u0007link' })).toEqual({ a: 'link' });
});

test('long text is cut, and says so; no half of a secret is left at the cut', () => {
  expect(cleanText('x'.repeat(3_000))).toMatch(/^x{2000}… \[cut: 1000 more characters\]$/);
  const atTheCut = cleanText(`${'x '.repeat(990)}${jwt} ${'y'.repeat(9_000)}`);
  expect(atTheCut).not.toContain('eyJ');
});
