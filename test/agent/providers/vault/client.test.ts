import { expect, test } from 'vitest';
import { createNetwork, type Network } from '../../../../main/agent/network/network.ts';
import { systemClock } from '../../../../main/agent/parts.ts';
import { vaultClient } from '../../../../main/agent/providers/vault/client.ts';

/** Reads a secret from a Vault whose answers are given by address, and returns the addresses that got the token. */
async function read(address: string, redirects: Readonly<Record<string, string>>) {
  const asked: string[] = [];
  const network: Network = {
    ...createNetwork({}),
    async request(url, request) {
      if (Object.values(request?.headers ?? {}).includes('hvs.of-ada')) asked.push(url.origin);
      const location = redirects[url.origin];
      const body = Buffer.from(JSON.stringify({ data: { from: url.origin } }));
      return location === undefined
        ? { status: 200, headers: {}, body }
        : { status: 307, headers: { location: `${location}${url.pathname}` }, body: Buffer.alloc(0) };
    },
  };
  const parts = { env: {}, home: '/home/ada', network, clock: systemClock };
  const client = await vaultClient({ parts, address: new URL(address), token: 'hvs.of-ada' });
  const answer = await client.read('secret').then(
    ({ data }: { readonly data: { readonly from: string } }) => data.from,
    () => undefined,
  );
  return { asked, answer };
}

test('a redirect to another server with TLS is followed', async () => {
  expect(
    await read('https://standby.example', { 'https://standby.example': 'https://active.example' }),
  ).toEqual({
    asked: ['https://standby.example', 'https://active.example'],
    answer: 'https://active.example',
  });
});

test('a redirect from TLS to plain text is not followed: the token would be readable on the way', async () => {
  expect(
    await read('https://standby.example', { 'https://standby.example': 'http://active.example' }),
  ).toEqual({
    asked: ['https://standby.example'],
    answer: undefined,
  });
});

test('a second redirect is not followed, so that servers cannot send one in circles', async () => {
  const redirects = {
    'https://one.example': 'https://two.example',
    'https://two.example': 'https://one.example',
  };
  expect(await read('https://one.example', redirects)).toEqual({
    asked: ['https://one.example', 'https://two.example'],
    answer: undefined,
  });
});
