import nacl from 'tweetnacl';
import { describe, expect, it } from 'vitest';
import { prepareTransfer } from '../../../main/agent/access/transfer.ts';
import type { Answer } from '../../../main/agent/network/network.ts';
import { AppError, toPlainError } from '../../../main/model/app-error.ts';
import { host, scriptedNetwork, team } from './edge-double.ts';

const app = { hostname: host, authDomain: team, audience: 'the-audience', appHostname: host };
const secret = 'eyJhbGciOiJSUzI1NiJ9.c2VjcmV0.c2ln';

/** Seals as the service does, to the key in the address that is polled. */
function seal(url: URL, text: string): Partial<Answer> {
  const key = Buffer.from(decodeURIComponent(url.pathname.split('/').at(-1) ?? ''), 'base64url');
  const pair = nacl.box.keyPair();
  const nonce = nacl.randomBytes(nacl.box.nonceLength);
  const box = nacl.box(Buffer.from(text), nonce, key, pair.secretKey);
  return {
    headers: { 'service-public-key': Buffer.from(pair.publicKey).toString('base64url') },
    body: Buffer.from(Buffer.concat([nonce, box]).toString('base64')),
  };
}
const wait = (
  answer: (url: URL, times: number) => Partial<Answer>,
  signal = new AbortController().signal,
) => {
  let times = 0;
  const network = scriptedNetwork((url) => answer(url, ++times));
  return prepareTransfer({ network, app }).wait(signal);
};

describe('the transfer of a login', () => {
  it('opens an address that holds the public key alone, and reads both tokens', async () => {
    const network = scriptedNetwork((url) => seal(url, JSON.stringify({ app_token: 'a', org_token: 'o' })));
    const transfer = prepareTransfer({ network, app });
    expect(transfer.url.origin + transfer.url.pathname).toBe(`https://${host}/cdn-cgi/access/cli`);
    const query = Object.fromEntries(transfer.url.searchParams);
    expect(query).toMatchObject({ aud: 'the-audience', send_org_token: 'true', edge_token_transfer: 'true' });
    expect(Buffer.from(query.token ?? '', 'base64url')).toHaveLength(32);
    // As cloudflared does it: where the login leads back to names the application and the key, too.
    const back = Object.fromEntries(new URL(query.redirect_url ?? '').searchParams);
    expect(back).toEqual({ aud: 'the-audience', token: query.token });
    expect(await transfer.wait(new AbortController().signal)).toEqual({ appJwt: 'a', orgJwt: 'o' });
    expect(network.asked[0]?.url.href).toBe(`https://login.cloudflareaccess.org/transfer/${query.token}`);
  });

  it('goes on through "not yet", time-outs and a change of network', async () => {
    const tokens = await wait((url, times) => {
      if (times === 1) return { status: 404 };
      if (times === 2) throw new AppError('network-unreachable', 'Away.', { retryable: true });
      return seal(url, '{"app_token":"a"}');
    });
    expect(tokens).toEqual({ appJwt: 'a', orgJwt: undefined });
  });

  it('goes on through errors of the service that do not last', async () => {
    const tokens = await wait((url, times) =>
      [1, 2, 4].includes(times)
        ? { status: 502 }
        : times === 3
          ? { status: 404 }
          : seal(url, '{"app_token":"a"}'),
    );
    expect(tokens).toEqual({ appJwt: 'a', orgJwt: undefined });
  });

  it('ends at once when it is aborted between two polls', async () => {
    const controller = new AbortController();
    const reason = new Error('enough');
    const waiting = wait(() => {
      queueMicrotask(() => queueMicrotask(() => controller.abort(reason)));
      return { status: 404 };
    }, controller.signal);
    await expect(waiting).rejects.toMatchObject({ cause: reason });
  });

  it.each<[string, (url: URL) => Partial<Answer>]>([
    ['an error of the service', () => ({ status: 502 })],
    [
      'a box for somebody else',
      (url) =>
        seal(
          new URL(url.href.replace(/[^/]+$/, Buffer.alloc(32, 7).toString('base64url'))),
          `{"app_token":"${secret}"}`,
        ),
    ],
    ['tokens that are not JSON', (url) => seal(url, secret)],
    ['tokens of another form', (url) => seal(url, JSON.stringify([secret]))],
    ['null', (url) => seal(url, 'null')],
    ['an empty token', (url) => seal(url, '{"app_token":""}')],
    ['a key that is too short', (url) => ({ ...seal(url, '{}'), headers: { 'service-public-key': 'AAAA' } })],
  ])('fails on %s without saying what was in it', async (_, answer) => {
    const error = await wait(answer).catch((cause: unknown) => cause);
    expect(error).toMatchObject({ code: 'access-login-failed' });
    expect(JSON.stringify(toPlainError(error))).not.toContain('eyJ');
    expect(String((error as Error).cause)).not.toContain('eyJ');
  });
});
