import { describe, expect, it } from 'vitest';
import type { Access } from '../../../main/agent/access/access.ts';
import { createEndedSessions } from '../../../main/agent/access/ended-sessions.ts';
import type { Answer, Network } from '../../../main/agent/network/network.ts';
import { createBuiltinConnector } from '../../../main/agent/tunnels/builtin-connector.ts';
import { skippingClock } from '../skipping-clock.ts';
import { host, scriptedNetwork, team } from './edge-double.ts';

const token = { jwt: 'jwt', email: undefined, issuedAt: 0, expiresAt: Number.POSITIVE_INFINITY };
const serviceToken = { clientId: 'id', clientSecret: 'secret', file: '/etc/secret' };

describe('a connection that the security of the zone stops', () => {
  const dial = (answer: Partial<Answer>, service: typeof serviceToken | undefined) =>
    createBuiltinConnector({
      network: {
        upgrade: async () => ({
          kind: 'answered',
          answer: { headers: {}, body: Buffer.alloc(0), ...answer } as Answer,
        }),
      } as unknown as Network,
      access: { serviceToken: async () => service, token: async () => token } as unknown as Access,
      hostname: host,
    }).dial({ signal: AbortSignal.timeout(5_000) });

  describe.each([undefined, serviceToken])('of service token %j', (service) => {
    it.each<[string, Partial<Answer>]>([
      ['(error 1020)', { status: 403, body: Buffer.from('error code: 1020') }],
      [
        'naming Ray ID 8f-FRA',
        { status: 403, headers: { 'cf-ray': '8f-FRA' }, body: Buffer.from('error code: 1009') },
      ],
      ['blocks requests', { status: 403, body: Buffer.from('<h1>Sorry, you have been blocked</h1>') }],
      ['bot protection', { status: 403, headers: { 'cf-mitigated': 'challenge' } }],
      ['bot protection', { status: 429, headers: { 'cf-mitigated': 'challenge' } }],
    ])('is not said to be denied by the policy: %s', async (says, answer) => {
      const error = await dial(answer, service).catch((cause: unknown) => cause);
      expect(error).toMatchObject({ code: 'edge-failed', retryable: true, mender: 'access-administrator' });
      const { message, hint } = error as { message: string; hint: string };
      expect(`${message} ${hint}`).toContain(says);
    });

    it('is told apart from one that the policy denies', async () => {
      const body = Buffer.from('<title>Forbidden</title><h1>That account does not have access</h1>');
      await expect(dial({ status: 403, body }, service)).rejects.toMatchObject({ code: 'access-denied' });
    });
  });
});

describe('a session', () => {
  const check = (answer: Partial<Answer>) =>
    createEndedSessions({
      network: scriptedNetwork(() => answer),
      clock: skippingClock(),
      onEnded: () => {},
    }).check(team, token);

  it.each<[string, Partial<Answer>]>([
    ['a challenge', { status: 403, headers: { 'cf-mitigated': 'challenge' } }],
    ['a block', { status: 403, body: Buffer.from('error code: 1006') }],
    [
      'a redirect of a web filter',
      { status: 302, headers: { location: 'https://filter.acme.example/blocked' } },
    ],
    ['a redirect to nowhere', { status: 302 }],
    ['too many requests', { status: 429 }],
  ])('is not ended by %s', async (_, answer) => {
    expect(await check(answer)).toBe(false);
  });

  it.each<[string, Partial<Answer>]>([
    ['that refuses its token', { status: 400, body: Buffer.from('{"err":"no app token set"}') }],
    ['that redirects to its login', { status: 302, headers: { location: '/cdn-cgi/access/login/x' } }],
  ])('is ended by an answer of the team %s', async (_, answer) => {
    expect(await check(answer)).toBe(true);
  });
});
