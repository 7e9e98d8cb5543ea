import { randomBytes } from 'node:crypto';
import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { AppError, toPlainError } from '../../main/model/app-error.ts';
import { redact, redacted } from '../../main/redaction/redact.ts';

const bytes = (count: number) => fc.uint8Array({ minLength: count, maxLength: count });
const base64url = (count: number) => bytes(count).map((raw) => Buffer.from(raw).toString('base64url'));
const hex = (count: number) => bytes(count).map((raw) => Buffer.from(raw).toString('hex'));
const json = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
/** What chance makes has letters of both sizes and digits, in all but a few cases. */
const isMixed = (text: string) => /[a-z]/.test(text) && /[A-Z]/.test(text) && /\d/.test(text);

const jwt = fc
  .tuple(base64url(30), base64url(64))
  .map(([subject, signature]) => `${json({ alg: 'RS256' })}.${json({ sub: subject })}.${signature}`);

/** Secrets that are known by their form, wherever they stand. */
const formed: Readonly<Record<string, fc.Arbitrary<string>>> = {
  'JSON Web Token': jwt,
  'token for EKS': base64url(90).map((text) => `k8s-aws-v1.${text}`),
  'Vault token': base64url(18).map((text) => `hvs.${text}`),
  'old Vault token': base64url(18)
    .map((text) => `s.${text.replace(/[-_]/g, 'x')}`)
    .filter(isMixed),
  'Google access token': base64url(40).map((text) => `ya29.${text}`),
  'Google refresh token': base64url(24).map((text) => `1//${text}`),
  'Google client secret': base64url(21).map((text) => `GOCSPX-${text}`),
  'GitHub token': hex(18).map((text) => `ghp_${text}`),
  'Identity Center token': base64url(48)
    .filter(isMixed)
    .map((text) => `aoa${text}`),
  'session of a role': base64url(100).map((text) => `IQoJ${text.replace(/[-_]/g, 'x')}`),
  'Entra refresh token': base64url(60)
    .filter(isMixed)
    .map((text) => `1.A${text}`),
  'private key': base64url(80).map(
    (text) => `-----BEGIN EC PRIVATE KEY-----\n${text}\n-----END EC PRIVATE KEY-----`,
  ),
  'private key of a kubeconfig': base64url(80).map((text) =>
    Buffer.from(`-----BEGIN RSA PRIVATE KEY-----\n${text}`).toString('base64'),
  ),
};

/** Secrets without a form, known by what stands before them. */
const named: Readonly<Record<string, (secret: string) => string>> = {
  JSON: (secret) => JSON.stringify({ refresh_token: secret, expires_in: 3599 }),
  'JSON in a string': (secret) => JSON.stringify({ body: JSON.stringify({ clientSecret: secret }) }),
  'list in JSON': (secret) => JSON.stringify({ 'set-cookie': [`CF_AppSession=${secret}; Path=/`] }),
  'inspected object': (secret) => `{ secretAccessKey: '${secret}', region: 'eu-west-1' }`,
  form: (secret) => `grant_type=password&client_secret=${secret}&scope=openid`,
  'code in JSON': (secret) => JSON.stringify({ body: JSON.stringify({ code: secret }) }),
  'code of a form': (secret) => `grant_type=authorization_code&code=${secret}&state=x`,
  query: (secret) => `https://sts.example/?Action=GetCallerIdentity&X-Amz-Signature=${secret}&Version=1`,
  'session in a query': (secret) => `https://sts.example/?X-Amz-Security-Token=${secret}`,
  'encoded query': (secret) => `to=https%3A%2F%2Fsts.example%2F%3FX-Amz-Signature%3D${secret}`,
  'bearer token': (secret) => `401 for Authorization: Bearer ${secret}`,
  'token without a header': (secret) => `the cluster does not take Bearer ${secret}A1`,
  'header without a scheme': (secret) => `authorization: ${secret}`,
  'headers in a list': (secret) => JSON.stringify(['Cookie', `CF_Authorization=${secret}; a=${secret}`]),
  "Vault's header": (secret) => `x-vault-token: '${secret}'`,
  "Access' header": (secret) => JSON.stringify({ 'cf-access-client-secret': secret }),
  'signed request': (secret) =>
    `authorization: AWS4-HMAC-SHA256 Credential=AKIA/eu/sts, SignedHeaders=host, Signature=${secret}`,
  'user of an address': (secret) => `proxy-url: http://ada:${secret}@127.0.0.1:20100`,
  'password alone': (secret) => `socks5://${secret}:${secret}@127.0.0.1:20100/`,
  'variable of a shell': (secret) => `AWS_SECRET_ACCESS_KEY=${secret} aws sts get-caller-identity`,
  'YAML without quotes': (secret) => `client-key-data: ${secret}A1`,
  "window's address": (secret) => `http://127.0.0.1:4000/open/${secret}`,
};
const long = base64url(33).filter(isMixed);

describe('what is redacted', () => {
  test.each(Object.entries(formed))('%s', (_, secret) => {
    fc.assert(
      fc.property(secret, fc.constantFrom(' ', '"', '=', '\\n', '%3D', ': ', "'"), (one, around) => {
        const out = redact(`a token${around}${one}${around} of payments-prod`);
        expect(out).not.toContain(one.slice(0, 40));
        expect(out).toContain('payments-prod');
        expect(redact(out)).toBe(out);
      }),
    );
  });

  test.each(Object.entries(named))('%s', (_, write) => {
    fc.assert(
      fc.property(long, (secret) => {
        const out = redact(`it failed: ${write(secret)}`);
        expect(out).not.toContain(secret);
        // What is around it is what a reader of the log needs.
        expect(out).toContain(write('\0').split('\0')[0]?.split(/[ '"]/)[0]);
        expect(out).toContain('[redacted]');
        expect(redact(out)).toBe(out);
      }),
    );
  });

  test('the word before a token stays', () => {
    expect(redact('Bearer abcdefghijklmnopqrstuvw0X fails')).toBe('Bearer [redacted] fails');
    expect(redact('GET /open/abcdefghijklmnopqrstuvwxyz0123456789ABCDEF')).toBe('GET /open/[redacted]');
    expect(redact('token: aB3dEf6hIjKlMnOpQrStUv')).toBe('token: [redacted]');
    expect(redact('http://ada:pencil@proxy.example:3128')).toBe('http://[redacted]@proxy.example:3128');
    expect(redact('set-cookie: CF_Authorization=abc; Path=/')).toBe('set-cookie: [redacted]');
  });

  test('every secret of a text, not only the first', () => {
    const [vault, google] = ['hvs.CAESIJlWh3Zr0123456789', 'ya29.a0AfH6SMBx0123456789'];
    expect(redact(`${vault} ${google} and ${vault}`)).toBe('[redacted] [redacted] and [redacted]');
    for (const write of Object.values(named)) {
      const [one, other] = [
        'aB3dEf6hIjKlMnOpQrStUvWxYz0123456789abcde',
        'zY9xWv8uTsRqPoNmLkJiHgFeDcBa9876543210zyx',
      ];
      const out = redact(`it failed: ${write(one)}\n again: ${write(other)}`);
      expect(out).not.toContain(one);
      expect(out).not.toContain(other);
    }
  });

  test('a password of any signs, as JSON has it', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 4, unit: 'binary' }), (secret) => {
        const value = JSON.stringify(secret);
        const out = redact(`{"username":"ada","password":${value}} was sent`);
        expect(out).toBe('{"username":"ada","password":"[redacted]"} was sent');
      }),
    );
  });

  it('looks into the fields of a log line, and takes the whole of what a name says is secret', () => {
    const cause = new Error('Bearer 0123456789abcdefghij');
    const seen = JSON.stringify(
      redacted({ user: { password: 'a b', token_uri: 'https://a.example' }, list: ['x', 1, null], cause }),
    );
    expect(seen).toContain('"password":"[redacted]"');
    expect(seen).toContain('https://a.example');
    expect(seen).toContain('["x",1,null]');
    expect(seen).not.toContain('0123456789abcdefghij');
    expect(seen).toContain('redact.test.ts');
  });

  it('is what every error passes on its way out', () => {
    const error = new AppError('vault-failed', 'Vault: x-vault-token: hvs.CAESIJlWh3Zr0123456789', {
      hint: 'Ask with http://ada:pencil@proxy.example:3128.',
    });
    expect(toPlainError(error)).toMatchObject({
      message: 'Vault: x-vault-token: [redacted]',
      hint: 'Ask with http://[redacted]@proxy.example:3128.',
    });
    expect(toPlainError(new Error('password=pencil')).message).toBe('password=[redacted]');
  });

  it('cuts what is longer than its limit, and nothing else', () => {
    const [fits, cut] = ['x'.repeat(100), `${'x'.repeat(94)} [cut]`];
    expect(redact(fits, 100)).toBe(fits);
    expect(redact(`${fits}x`, 100)).toBe(cut);
    expect(redact(cut, 100)).toBe(cut);
  });

  it('takes a megabyte of anything in its stride', () => {
    for (const text of ['token', 'a:', 'https://a:', 'eyJ', '"token":"\\', 'Cookie: a', 'passwordpassword'])
      expect(redact(text.repeat(2 ** 20 / text.length)).length).toBeGreaterThan(0);
    expect(redact(randomBytes(2 ** 19).toString('hex')).length).toBe(2 ** 20);
  }, 30_000);
});

describe('what is left as it is', () => {
  test.each([
    'arn:aws:eks:eu-west-1:444455556666:cluster/payments-staging',
    'arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/eu-central-1/AWSReservedSSO_Developer_0a1b2c3d4e5f6071',
    '8AC8FA5B8AC8FA5B8AC8FA5B8AC8FA5B.gr7.eu-west-1.eks.amazonaws.com',
    'https://loyalty-staging-dns-0f2a7b6c.hcp.westeurope.azmk8s.io:443',
    '/subscriptions/1c1c1c1c-0001-4000-8000-00000000a001/resourceGroups/Loyalty-Staging',
    '3a9f2c51-77d0-4b1e-9c55-0d4e1f6a8b02',
    'gke_shop-prod_europe-west1_storefront-prod',
    'Run `aws sso login --sso-session acme`, then try again.',
    'Run `vault login -method=userpass username=ada`.',
    'Set VAULT_TOKEN=$(vault print token), or run `vault login token=<yours>`.',
    'There is no token: run `k8s-tunnels login vault`.',
    'The password is wrong. Basic authentication is what the proxy wants.',
    'Signed in to https://acme.cloudflareaccess.com, 127.0.0.1:20100 and [::1]:443',
    'git@github.com:acme/clusters.git and ada@acme.example',
    'Credentials file: /home/ada/.config/gcloud/application_default_credentials.json',
    '{"token_uri":"https://oauth2.googleapis.com/token","token_type":"Bearer","expires_in":3599}',
    'https://login.microsoftonline.com/error?code=50076',
    'AADSTS50076, Ray ID 8f2e1d0c9b8a7f6e-FRA, sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c1',
    '{"code":"access-no-application","message":"No application"} {"code":"ERR_TLS_CERT_ALTNAME_INVALID"}',
    'exit code=1, https://kubernetes.io/docs/reference/access-authn-authz/authentication/',
    'kubectl --context payments-prod get pods -l app=web,tier=front',
    '/home/ada/Projects/2026/k8s-tunnels/main/agent/providers/oidc/tokens.ts:42:7',
  ])('%s', (text) => {
    expect(redact(text)).toBe(text);
  });

  test.each([
    ['token_uri', 'https://oauth2.googleapis.com/token'],
    ['tokenExpiresAt', '2026-07-01T10:00:00Z'],
    ['refresh_token_expires_in', '3599'],
    ['token_type', 'Bearer'],
    ['cookie_names', 'CF_Authorization'],
    ['credential_file', '/home/ada/.aws/credentials'],
    ['vault-token-path', '/home/ada/.vault-token'],
    ['private_key_length', '2048'],
    ['password_store', 'keychain'],
    ['secret_url', 'https://vault.acme.example/v1/clusters/edge'],
    ['authorization_endpoint', 'https://idp.acme.example/authorize'],
    ['token-status', 'ended'],
  ])('a field that only describes a secret: %s', (name, value) => {
    expect(redacted({ [name]: value })).toEqual({ [name]: value });
    expect(redact(`${name}=${value}`)).toBe(`${name}=${value}`);
    expect(redact(JSON.stringify({ [name]: value }))).toBe(JSON.stringify({ [name]: value }));
  });

  test.each(['the token of ada', 'https://vault.acme.example/token#1', 'k8s token: who'])(
    'a field whose name contains a secret’s name among other words: %s',
    (name) => expect(redacted({ [name]: 'payments-prod' })).toEqual({ [name]: 'payments-prod' }),
  );

  test('a word of a sentence after the name of a secret', () => {
    const text = 'session-key: somewhat-longer-than-twenty-letters';
    expect(redact(text)).toBe(text);
  });

  test('names of hosts, clusters and folders, and times', () => {
    const label = fc.stringMatching(/^[a-z][a-z0-9-]{0,30}$/);
    const host = fc.array(label, { minLength: 2, maxLength: 5 }).map((labels) => labels.join('.'));
    const words = fc.oneof(
      label,
      host,
      host.map((name) => `https://${name}:6443/readyz?verbose=1`),
      fc.uuid(),
      hex(20),
      fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
      fc.array(label, { minLength: 1 }).map((parts) => `/${parts.join('/')}`),
    );
    fc.assert(
      fc.property(fc.array(words, { minLength: 1, maxLength: 12 }), (parts) => {
        const text = parts.join(' ');
        expect(redact(text)).toBe(text);
      }),
    );
  });

  test('every sentence that the product can say', () => {
    const root = path.resolve(import.meta.dirname, '../..');
    const files = globSync(['main/**/*.ts', 'renderer/**/*.ts'], { cwd: root });
    const sentences = files.flatMap((file) =>
      [...readFileSync(path.join(root, file), 'utf8').matchAll(/(['`])((?:\\.|(?!\1)[^\\\n])*)\1/g)]
        .map(([, , text = '']) => text)
        .filter((text) => / \S+ /.test(text) && !file.includes('redaction')),
    );
    expect(sentences.length).toBeGreaterThan(500);
    for (const text of sentences) expect(redact(text)).toBe(text);
  });
});

test('what has no name is redacted by its form alone', () => {
  for (const value of ['started', ['started', 'connected'], [{ step: 'started' }]])
    expect(redacted(value)).toEqual(value);
  expect(redacted({ token: 'x', tokens: ['started'] })).toEqual({
    token: '[redacted]',
    tokens: expect.anything(),
  });
});
