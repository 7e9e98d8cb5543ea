import { readFile, writeFile } from 'node:fs/promises';
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
import { freePort, type PeerServer, startServer } from './server.ts';

// dex, the issuer of many clusters on their own premises: it knows no PKCE in this version, lets a public client return to
// `localhost` alone, and refuses refresh tokens with a code of its own.

const person = firstPerson(defaultPlan.people);
const reason = missing('dex', 'dex-pages');
let dex: PeerServer | undefined;
let double: OidcWorld | undefined;
let rig: Rig | undefined;

beforeAll(async () => {
  if (reason !== undefined) return;
  double = await startIssuer({ people: defaultPlan.people, traffic: new Traffic() });
  const { email, password } = person;
  dex = await startServer({
    command: (port) => [toolPath('dex'), `${port}`, toolPath('dex-pages'), clusterClient, email, password],
    ready: '/.well-known/openid-configuration',
  });
  rig = await startRig();
});

afterAll(async () => {
  await double?.close();
  await dex?.close();
  await rig?.close();
});

beforeEach((context) => skipWithout(context, reason));

test('signs in in the browser, renews the token, and asks for a login when that is refused', async () => {
  if (rig === undefined) throw new Error('no rig');
  const { network, clock } = rig;
  const issuer = { issuer: dex?.url ?? '', clientId: clusterClient, port: await freePort() };
  const issuers = () => [issuer];
  const file = path.join(rig.home, 'state', 'oidc.json');
  const open = () =>
    createOidcTokens({ file: signInFile(file), network, clock, logger: silentLogger, issuers });
  const tokens = open();
  const logins = rig.logins(createOidcLogin({ network, clock, tokens, consents: anyConsent, file, issuers }));
  const { signal } = new AbortController();
  expect(await logins.login({ provider: 'oidc', signal })).toMatchObject({
    who: person.email,
    status: 'signed-in',
    renews: true,
  });
  const before = await readFile(file);
  const tokenOf = async (from = tokens) => {
    const credential = await oidcCredential(from, issuer);
    return credential.kind === 'token' ? credential.token : '';
  };
  const first = await tokenOf();
  const claims = JSON.parse(Buffer.from(first.split('.')[1] ?? '', 'base64url').toString());
  expect(claims).toMatchObject({ iss: issuer.issuer, aud: clusterClient, email: person.email });
  clock.skip(2 * 3_600_000);
  await tokenOf();
  const after = JSON.parse(await readFile(file, 'utf8'));
  expect(after).not.toEqual(JSON.parse(before.toString()));
  // A refresh token is good once: the first one is refused now.
  await writeFile(file, before);
  await expect(tokenOf(open())).rejects.toMatchObject({
    code: 'credential-failed',
    signIn: { provider: 'oidc' },
  });
});

/** What is newer than this dex, and what it answers in its own way. */
const known = {
  lacking: [
    'revocation_endpoint',
    'device_authorization_endpoint',
    'code_challenge_methods_supported',
    'authorization_response_iss_parameter_supported',
  ],
};
test.each([
  ['GET', '/.well-known/openid-configuration', undefined],
  ['GET', '/keys', undefined],
  ['POST', '/token', { grant_type: 'authorization_code', code: 'none', redirect_uri: 'http://localhost:1/' }],
  ['POST', '/token', { grant_type: 'refresh_token', refresh_token: 'none' }],
  ['POST', '/token', { grant_type: 'nothing' }],
] as const)('the double and dex answer %s %s alike: %o', async (method, target, form) => {
  const answer = (url: string | undefined) =>
    ask(`${url}${target}`, {
      method,
      ...(form === undefined ? {} : { body: new URLSearchParams({ client_id: clusterClient, ...form }) }),
    });
  const [ours, theirs] = await Promise.all([answer(double?.issuer), answer(dex?.url)]);
  expect(differences(ours, theirs, known)).toEqual([]);
});
