import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Access, type Answer, createAccess } from '../../../main/agent/access/access.ts';
import { canBeAtEdge, isBeside } from '../../../main/agent/access/known-hosts.ts';
import { createNetwork } from '../../../main/agent/network/network.ts';
import { silentLogger } from '../../../main/agent/parts.ts';
import { socksHost, tcpHost } from '../../world-tests/access-fixture.ts';
import { type Rig, startRig } from './rig.ts';

let rig: Rig;
let asked: string[];
let answers: Answer[];
const open: Access[] = [];
beforeEach(async () => {
  rig = await startRig();
  asked = [];
  answers = [];
});
afterEach(async () => {
  for (const access of open.splice(0)) access.close();
  await rig.close();
});

/** An agent that notes whom it sends requests to. */
const start = (team?: string): Access => {
  const network = createNetwork({ HTTPS_PROXY: rig.world.proxy.url });
  const access = createAccess({
    network: {
      ...network,
      request(url, request) {
        asked.push(url.host);
        return network.request(url, request);
      },
    },
    clock: rig.clock,
    logger: silentLogger,
    folder: rig.folder,
    openUrl: () => Promise.reject(new Error('no browser is opened')),
    onLogins: () => {},
    onAnswer: (answer) => void answers.push(answer),
    team: () => team,
  });
  open.push(access);
  return access;
};
const signal = new AbortController().signal;
const signIn = () => rig.access.token(tcpHost, { interactive: true, signal });
const ask = (access: Access, hostname: string) => access.ask(hostname, { after: 0, turn: async () => {} });

test.each([undefined, 'acme.cloudflareaccess.com'])(
  'a host from a tag that nothing connects with the team is not asked in passing (%s)',
  async (team) => {
    await signIn();
    const access = start(team);
    for (const hostname of [
      'evil.example.net',
      'k8s.acme.example.evil.net',
      'acme.example',
      'evil.workers.dev',
    ])
      await ask(access, hostname);
    expect(asked).toEqual([]);
    // Beside an application that the user has connected.
    await ask(access, socksHost);
    expect(answers).toMatchObject([{ hostname: socksHost, denial: undefined }]);
  },
);

test.each([
  'localhost:8443',
  '127.0.0.1',
  'metadata.google.internal',
  'k8s.acme.example:22',
  'printer.local',
  'kubernetes',
])('no request goes to %s, which cannot be at the edge', async (hostname) => {
  const access = start();
  const token = access.token(hostname, { interactive: true, signal });
  await expect(token).rejects.toMatchObject({ code: 'access-no-application' });
  expect(asked).toEqual([]);
});

test('a sign-in without an organisation asks no host that lies beside none of the team', async () => {
  await signIn();
  const { authDomain } = (await rig.access.sessions()).sessions[0] ?? { authDomain: '' };
  await rig.access.signOut(authDomain);
  const hostnames = ['evil.example.net'];
  await expect(start().login(authDomain, { hostnames, signal })).rejects.toMatchObject({ code: 'not-found' });
  expect(asked).toEqual([]);
});

test('a host that says itself that it is of a foreign team is asked nothing more', async () => {
  const access = start('globex.cloudflareaccess.com');
  const token = access.token(tcpHost, { interactive: true, signal });
  await expect(token).rejects.toMatchObject({ code: 'access-foreign-team' });
  expect(asked).toEqual([tcpHost]);
});

describe('host names', () => {
  test('of the edge are public, with a port that it serves', () => {
    expect(['k8s.acme.example', 'k8s.acme.example:8443', 'a.b:443'].filter(canBeAtEdge)).toHaveLength(3);
  });
  test('lie beside an application in its zone and below it', () => {
    const known = ['-.k8s.acme.example', 'prod.acme.example', 'acme.workers.dev', 'acme.example'];
    const hosts = ['x.k8s.acme.example', 'x.acme.example', 'evil.workers.dev', 'evil.example', 'example'];
    expect(hosts.filter((host) => isBeside(host, known))).toEqual(['x.k8s.acme.example', 'x.acme.example']);
    expect(isBeside('evil.co.uk', ['acme.co.uk'])).toBe(false);
    expect(isBeside('x.acme.co.uk', ['acme.co.uk', 'k8s.acme.co.uk'])).toBe(true);
  });
});
