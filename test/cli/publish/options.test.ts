import http from 'node:http';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type PublishFlags, readOptions } from '../../../main/cli/publish/options.ts';
import { newKey } from '../../../main/cli/publish/signing-key.ts';

/** A Worker without a catalog, which remembers what it was sent. */
let server: http.Server;
let url: string;
const seen: http.IncomingHttpHeaders[] = [];

beforeAll(async () => {
  server = http.createServer(({ headers }, response) => {
    seen.push(headers);
    response.writeHead(404).end('{"error": "not-published"}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
});
afterAll(() => {
  server.close();
  server.closeAllConnections();
});
beforeEach(() => {
  seen.splice(0);
});

const { privateKey, publicKey } = newKey();
const variables = () => ({
  K8S_TUNNELS_CATALOG_URL: url,
  K8S_TUNNELS_PUBLISH_SECRET: 'the secret',
  K8S_TUNNELS_CATALOG_KEY: privateKey,
});
const asked = async (env: Readonly<Record<string, string>>, address?: string) => {
  const { open } = await readOptions(address, {}, env);
  await open(new AbortController().signal).index();
  return seen.at(-1);
};
const refused = (env: Readonly<Record<string, string>>, flags: PublishFlags = {}) =>
  expect(readOptions(undefined, flags, env)).rejects;

describe('a variable', () => {
  test('K8S_TUNNELS_CATALOG_URL is the Worker, unless an argument names one', async () => {
    await asked(variables());
    await asked({ ...variables(), K8S_TUNNELS_CATALOG_URL: 'https://other.example' }, `${url}/v1/catalog`);
    expect(seen).toHaveLength(2);
    await refused({ ...variables(), K8S_TUNNELS_CATALOG_URL: '' }).toMatchObject({ code: 'bad-input' });
    for (const wrong of ['http://catalog.example', 'ftp://127.0.0.1', 'catalog.example'])
      await refused({ ...variables(), K8S_TUNNELS_CATALOG_URL: wrong }).toMatchObject({ code: 'bad-input' });
  });

  test('K8S_TUNNELS_PUBLISH_SECRET is sent to it', async () => {
    expect(await asked(variables())).toMatchObject({ authorization: 'Bearer the secret' });
    await refused({ ...variables(), K8S_TUNNELS_PUBLISH_SECRET: '' }).toMatchObject({
      code: 'bad-input',
      message: expect.stringContaining('K8S_TUNNELS_PUBLISH_SECRET'),
    });
  });

  test('K8S_TUNNELS_CATALOG_KEY signs, and only a dry run does without', async () => {
    expect((await readOptions(undefined, {}, variables())).key?.publicKey).toBe(publicKey);
    const without = { ...variables(), K8S_TUNNELS_CATALOG_KEY: '' };
    await refused(without).toMatchObject({ code: 'bad-input' });
    expect((await readOptions(undefined, { dryRun: true }, without)).key).toBeUndefined();
  });

  test('K8S_TUNNELS_ACCESS_CLIENT_ID and K8S_TUNNELS_ACCESS_CLIENT_SECRET pass Access, together', async () => {
    const [id, secret] = [
      { K8S_TUNNELS_ACCESS_CLIENT_ID: 'ci.access' },
      { K8S_TUNNELS_ACCESS_CLIENT_SECRET: 'token' },
    ];
    expect(await asked({ ...variables(), ...id, ...secret })).toMatchObject({
      'cf-access-client-id': 'ci.access',
      'cf-access-client-secret': 'token',
    });
    expect(await asked(variables())).not.toHaveProperty('cf-access-client-id');
    for (const half of [id, secret])
      await refused({ ...variables(), ...half }).toMatchObject({ code: 'bad-input' });
  });
});

test.each([
  ['30m', 1_800],
  ['24h', 86_400],
  ['2d', 172_800],
  ['1d12h', 129_600],
  [undefined, 86_400],
])('--max-age %s', async (maxAge, seconds) => {
  const flags = maxAge === undefined ? {} : { maxAge };
  expect((await readOptions(undefined, flags, variables())).maxAge).toBe(seconds);
});

test.each(['', '0m', '91d', '1w', '1h 30m', '30'])('--max-age %j is refused', async (maxAge) => {
  await refused(variables(), { maxAge }).toMatchObject({ message: expect.stringContaining('--max-age') });
});

test('--untagged takes what the tag takes', async () => {
  const groups = async (untagged: string) =>
    (await readOptions(undefined, { untagged }, variables())).untagged;
  expect([await groups('everyone'), await groups('SRE+ops')]).toEqual([['*'], ['ops', 'sre']]);
  await refused(variables(), { untagged: '*' }).toMatchObject({
    message: expect.stringContaining('--untagged'),
  });
});

test('--key-file that cannot be read is named', async () => {
  await refused(variables(), { keyFile: '/nowhere/catalog.key' }).toMatchObject({
    code: 'file-unreadable',
    message: expect.stringContaining('/nowhere/catalog.key'),
  });
});
