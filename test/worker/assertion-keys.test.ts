import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { verifyAssertion } from '../../resources/worker/src/catalog/assertion.ts';
import { createAccessTeam } from '../world/catalog/access-team.ts';

beforeEach(() => vi.useFakeTimers({ toFake: ['Date'] }));
afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

test('a new key of the team is read when it is used, at most every 30 seconds', async () => {
  const team = await createAccessTeam('keys.cloudflareaccess.com');
  vi.stubGlobal('fetch', async (url: string) => {
    const { status, body } = await team.outbound(new URL(url), new Map());
    return new Response(body, { status });
  });
  const application = { team: team.name, audiences: [team.audience] };
  const kind = async (assertion: string) => (await verifyAssertion(assertion, application)).kind;
  const old = await team.assertion();
  expect(await kind(old)).toBe('valid');
  await team.rotate();
  const fresh = await team.assertion();
  expect([await kind(fresh), await kind(fresh), team.asked.length]).toEqual(['invalid', 'invalid', 1]);
  vi.setSystemTime(Date.now() + 31_000);
  expect([await kind(fresh), await kind(old), team.asked.length]).toEqual(['valid', 'valid', 2]);
  // A key that the team no longer shows is invalid an hour later at the latest.
  await team.rotate(false);
  vi.setSystemTime(Date.now() + 3_500_000);
  const newest = await team.assertion();
  expect([await kind(newest), await kind(old)]).toEqual(['valid', 'invalid']);
});

test('keys that cannot be read are no fault of the assertion', async () => {
  const team = await createAccessTeam('silent.cloudflareaccess.com');
  const application = { team: team.name, audiences: [team.audience] };
  const assertion = await team.assertion();
  for (const fetched of [
    async () => Promise.reject(new TypeError('no network')),
    async () => new Response('down', { status: 503 }),
    async () => new Response('<html>'),
    async () => new Response('{"keys": 1}'),
  ]) {
    vi.stubGlobal('fetch', fetched);
    expect(await verifyAssertion(assertion, application)).toEqual({ kind: 'unavailable' });
  }
  expect(await verifyAssertion(null, application)).toEqual({ kind: 'invalid' });
  expect(await verifyAssertion(assertion, { ...application, audiences: [] })).toEqual({ kind: 'invalid' });
});
