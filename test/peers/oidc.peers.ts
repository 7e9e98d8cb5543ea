import path from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { silentLogger } from '../../main/agent/parts.ts';
import { oidcCredential } from '../../main/agent/providers/oidc/credential.ts';
import { createOidcLogin } from '../../main/agent/providers/oidc/login.ts';
import { createOidcTokens } from '../../main/agent/providers/oidc/tokens.ts';
import { anyConsent } from '../agent/credentials/no-oidc.ts';
import { type Rig, signInFile, startRig } from '../agent/logins/rig.ts';
import { clusterClient, type OidcWorld, startIssuer } from '../world/oidc/issuer.ts';
import { firstPerson } from '../world/people.ts';
import { defaultPlan } from '../world/plan.ts';
import { Traffic } from '../world/traffic.ts';
import { ask, differences } from './kind-of-answer.ts';
import { missing, skipWithout, toolPath } from './peers.ts';
import { type PeerServer, startServer } from './server.ts';

const person = firstPerson(defaultPlan.people);
const reason = missing('oidc-provider');
let provider: PeerServer | undefined;
let double: OidcWorld | undefined;
let rig: Rig | undefined;

beforeAll(async () => {
  if (reason !== undefined) return;
  double = await startIssuer({ people: defaultPlan.people, traffic: new Traffic() });
  const program = path.join(import.meta.dirname, 'programs', 'oidc-provider.mjs');
  provider = await startServer({
    command: (port) => [process.execPath, program, `${port}`, toolPath('oidc-provider'), clusterClient],
    ready: '/.well-known/openid-configuration',
  });
  rig = await startRig();
});

afterAll(async () => {
  await double?.close();
  await provider?.close();
  await rig?.close();
});

beforeEach((context) => skipWithout(context, reason));

test('signs in in the browser, and renews the token', async () => {
  if (rig === undefined) throw new Error('no rig');
  const { network, clock } = rig;
  const issuer = { issuer: provider?.url ?? '', clientId: clusterClient };
  const issuers = () => [issuer];
  const file = path.join(rig.home, 'state', 'oidc.json');
  const tokens = createOidcTokens({ file: signInFile(file), network, clock, logger: silentLogger, issuers });
  const logins = rig.logins(createOidcLogin({ network, clock, tokens, consents: anyConsent, file, issuers }));
  const { signal } = new AbortController();
  expect(await logins.login({ provider: 'oidc', signal })).toMatchObject({
    who: person.email,
    status: 'signed-in',
    renews: true,
  });
  const tokenOf = async () => {
    const credential = await oidcCredential(tokens, issuer);
    return credential.kind === 'token' ? credential.token : '';
  };
  const first = await tokenOf();
  const claims = JSON.parse(Buffer.from(first.split('.')[1] ?? '', 'base64url').toString());
  expect(claims).toMatchObject({ iss: issuer.issuer, aud: clusterClient, email: person.email });
  clock.skip(2 * 3_600_000);
  // Two tokens of the same second are the same text: nothing in them differs but the time.
  await new Promise((resolve) => setTimeout(resolve, 1_100));
  const second = await tokenOf();
  expect(second).not.toBe(first);
});

test.each([
  ['GET', '/.well-known/openid-configuration', undefined],
  [
    'POST',
    '/token',
    {
      grant_type: 'authorization_code',
      code: 'none',
      redirect_uri: 'http://127.0.0.1:1/callback',
      code_verifier: 'x'.repeat(43),
    },
  ],
  ['POST', '/token', { grant_type: 'refresh_token', refresh_token: 'none' }],
  ['POST', '/token', { grant_type: 'nothing' }],
] as const)('the double and oidc-provider answer %s %s alike: %o', async (method, target, form) => {
  const answer = (url: string | undefined) =>
    ask(`${url}${target}`, {
      method,
      ...(form === undefined ? {} : { body: new URLSearchParams({ client_id: clusterClient, ...form }) }),
    });
  const [ours, theirs] = await Promise.all([answer(double?.issuer), answer(provider?.url)]);
  expect(differences(ours, theirs)).toEqual([]);
});
