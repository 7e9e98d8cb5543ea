import { rm } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createAccess } from '../../../main/agent/access/access.ts';
import { createPolicies, type Policies } from '../../../main/agent/access/policies.ts';
import { createNetwork } from '../../../main/agent/network/network.ts';
import { silentLogger } from '../../../main/agent/parts.ts';
import { audience } from '../../world/access/tokens.ts';
import { installBrowser } from '../../world/person/wrapper.ts';
import { defaultPlan } from '../../world/plan.ts';
import {
  absentHost,
  deniedHost,
  downHost,
  groupHost,
  otherTcpHost,
  postureHost,
  socksHost,
  tcpHost,
} from '../../world-tests/access-fixture.ts';
import { type Rig, startRig } from './rig.ts';

const ada = 'ada@acme.example';
const grace = { email: 'grace@acme.example', password: 'a password of her own' };
const hour = 3_600_000;

let rig: Rig;
let favourites: string[];
let endings: (() => Promise<void>)[];
beforeEach(async () => {
  rig = await startRig();
  favourites = [];
  endings = [];
});
afterEach(async () => {
  for (const end of endings) await end();
  await rig.close();
});

/** An agent's own: what Access says, kept in the person's state folder. */
async function start(own: Partial<Parameters<typeof createAccess>[0]> = {}) {
  const network = createNetwork({ HTTPS_PROXY: rig.world.proxy.url });
  const access = createAccess({
    network,
    clock: rig.clock,
    logger: silentLogger,
    folder: rig.folder,
    openUrl: () => Promise.reject(new Error('no browser is opened for a policy')),
    onLogins: () => {},
    onAnswer: (answer) => void policies.hear(answer),
    ...own,
  });
  const changes: { readonly known: string[]; readonly forgotten: string[] }[] = [];
  const policies = await createPolicies({
    folder: path.join(rig.world.home, 'state'),
    clock: rig.clock,
    logger: silentLogger,
    access,
    favourites: () => favourites,
    onChange: ({ known, forgotten }) =>
      changes.push({ known: known.map(({ hostname }) => hostname), forgotten }),
  });
  const look = async () => policies.keep((await access.sessions()).sessions);
  await look();
  let isOver = false;
  const stop = async () => {
    if (isOver) return;
    isOver = true;
    await policies.close();
    access.close();
    network.reset();
  };
  endings.push(stop);
  return { policies, access, changes, look, stop };
}

const signIn = () => rig.access.token(tcpHost, { interactive: true, signal: new AbortController().signal });
const verdicts = (policies: Policies) =>
  Object.fromEntries(policies.list().map(({ hostname, verdict }) => [hostname, verdict]));
const served = (operation: string, scope?: string) =>
  rig.world.traffic.served.filter(
    (one) => one.operation === operation && (scope === undefined || one.scope === scope),
  ).length;
const tabs = async () => (await rig.world.browser.tabs()).length;
/** Asks for these and one more, and waits until it is known: what was to be asked before it was. */
const lookedAt = async (policies: Policies, hostnames: readonly string[], more: string) => {
  policies.want([...hostnames, more]);
  await vi.waitFor(() => expect(policies.get(more)).toBeDefined(), { timeout: 10_000 });
};
const known = (policies: Policies, count: number) =>
  vi.waitFor(() => expect(policies.list()).toHaveLength(count), { timeout: 10_000 });

describe('what the policies allow', () => {
  it('is found by one exchange an application, and asked for again only when the answer is old', async () => {
    await signIn();
    const { policies } = await start();
    policies.want([socksHost, deniedHost, socksHost]);
    await known(policies, 2);
    expect(verdicts(policies)).toEqual({ [socksHost]: 'admitted', [deniedHost]: 'denied' });
    await lookedAt(policies, [deniedHost, socksHost], otherTcpHost);
    rig.clock.skip(hour - 60_000);
    await lookedAt(policies, [socksHost, deniedHost], downHost);
    expect([served('login', socksHost), served('login', deniedHost)]).toEqual([1, 1]);

    rig.clock.skip(60_000);
    expect(policies.get(deniedHost)?.verdict).toBe('denied');
    policies.want([socksHost, deniedHost]);
    await vi.waitFor(() => expect(served('login', deniedHost)).toBe(2));
    expect(served('login', socksHost)).toBe(1);
    expect(await tabs()).toBe(1);
  });

  it('is known without any request where a token is held', async () => {
    await signIn();
    const before = rig.world.traffic.served.length;
    const { policies } = await start();
    policies.want([tcpHost]);
    await known(policies, 1);
    expect(verdicts(policies)).toEqual({ [tcpHost]: 'admitted' });
    expect(rig.world.traffic.served).toHaveLength(before);
  });

  it('is not asked for without a session', async () => {
    favourites = [socksHost];
    const { policies, look } = await start();
    policies.want([tcpHost]);
    await look();
    expect(rig.world.traffic.served).toEqual([]);
    expect(policies.list()).toEqual([]);

    await signIn();
    await look();
    await known(policies, 2);
    expect(await tabs()).toBe(1);
  });

  it('keeps the token that an admission brings, so that a connection needs no other exchange', async () => {
    await signIn();
    const { policies, access } = await start();
    policies.want([socksHost]);
    await known(policies, 1);
    await access.token(socksHost, { interactive: false, signal: new AbortController().signal });
    expect(served('login', socksHost)).toBe(1);
  });

  it('survives a restart, which asks for nothing', async () => {
    await signIn();
    const first = await start();
    first.policies.want([socksHost, deniedHost]);
    await known(first.policies, 2);
    await vi.waitFor(() => expect(served('get-identity')).toBe(1));
    await first.stop();
    const before = rig.world.traffic.served.length;
    favourites = [socksHost];
    const second = await start();
    expect(second.policies.list()).toEqual(first.policies.list());
    await lookedAt(second.policies, [socksHost, deniedHost], otherTcpHost);
    const after = rig.world.traffic.served.slice(before).map(({ scope }) => scope);
    expect(after).toContain(otherTcpHost);
    expect(after.filter((scope) => scope.startsWith(socksHost) || scope.startsWith(deniedHost))).toEqual([]);
  });

  it('is forgotten with the session', async () => {
    await signIn();
    const { policies, changes, look, stop } = await start();
    policies.want([socksHost]);
    await known(policies, 1);
    await rm(path.join(rig.folder, 'acme.cloudflareaccess.com-org-token'));
    await look();
    expect(policies.list()).toEqual([]);
    expect(changes).toEqual([
      { known: [socksHost], forgotten: [] },
      { known: [], forgotten: [socksHost] },
    ]);
    await stop();
    const second = await start();
    expect(second.policies.list()).toEqual([]);
  });
});

describe('another person', () => {
  beforeEach(async () => {
    await rig.close();
    rig = await startRig({ plan: { people: [...defaultPlan.people, grace] } });
  });

  it('has answers of her own', async () => {
    await signIn();
    const { policies, look } = await start();
    policies.want([deniedHost, socksHost]);
    await known(policies, 2);
    expect(policies.get(deniedHost)?.verdict).toBe('denied');

    // She signs in with a browser profile of her own; tokens of Ada's stay behind.
    const files = ['acme.cloudflareaccess.com-org-token', `${tcpHost}-${audience(tcpHost)}-token`];
    for (const file of files) await rm(path.join(rig.folder, file));
    await rig.world.browser.forget();
    const { url: proxy } = rig.world.proxy;
    const { folder } = rig.world.browser;
    await installBrowser({ folder, person: grace, proxy, authorityFile: rig.world.authorityFile });
    await rig.another().token(tcpHost, { interactive: true, signal: new AbortController().signal });
    await look();
    expect(policies.list()).toEqual([]);
    policies.want([deniedHost, socksHost]);
    await known(policies, 2);
    expect(verdicts(policies)).toEqual({ [deniedHost]: 'admitted', [socksHost]: 'admitted' });
    // The token of the other person proves nothing.
    expect(served('login', socksHost)).toBe(2);
  });
});

describe('a refusal', () => {
  it("says in the application's own words what it wants, and names the ray", async () => {
    await signIn();
    const { policies } = await start();
    policies.want([groupHost]);
    await known(policies, 1);
    await vi.waitFor(() => expect(policies.get(groupHost)).toMatchObject({ failing: ['disk encryption'] }));
    expect(policies.get(groupHost)).toEqual({
      verdict: 'denied',
      hostname: groupHost,
      at: expect.any(Number),
      reason: 'policy',
      message: 'Group people-ops only',
      failing: ['disk encryption'],
      ray: expect.stringMatching(/^[0-9a-f]{16}-FRA$/),
    });
  });

  it('is told apart from a device that fails a check', async () => {
    await signIn();
    const { policies } = await start();
    policies.want([postureHost]);
    await vi.waitFor(() =>
      expect(policies.get(postureHost)).toMatchObject({
        reason: 'device',
        message: 'Your device fails: disk encryption',
      }),
    );
    // Once the device is sound, it gets in.
    rig.world.access.setFailing(ada, []);
    rig.clock.skip(hour);
    policies.want([postureHost]);
    await vi.waitFor(() => expect(policies.get(postureHost)?.verdict).toBe('admitted'));
  });

  it('of a sound device is about the person, with one look at the device for all', async () => {
    rig.world.access.setFailing(ada, []);
    rig.world.access.setPolicy(socksHost, []);
    await signIn();
    const { policies } = await start();
    policies.want([groupHost, socksHost, deniedHost]);
    await known(policies, 3);
    expect(policies.get(socksHost)).toMatchObject({
      reason: 'policy',
      message: 'The policy denies you access',
      failing: [],
    });
    await vi.waitFor(() => expect(served('get-identity')).toBe(1));
  });

  it('at a connection counts, and a token from before it proves nothing', async () => {
    await signIn();
    const { policies, access } = await start();
    rig.world.access.setPolicy(tcpHost, []);
    await access.report(tcpHost, { ray: 'abc-FRA' });
    expect(policies.get(tcpHost)).toMatchObject({ verdict: 'denied', ray: 'abc-FRA' });
    rig.clock.skip(hour);
    policies.want([tcpHost]);
    await vi.waitFor(() => expect(served('login', tcpHost)).toBe(2));
    await vi.waitFor(() => expect(policies.get(tcpHost)?.at).toBeGreaterThan(rig.clock.now() - 60_000));
    expect(policies.get(tcpHost)?.verdict).toBe('denied');
    await access.report(tcpHost, undefined);
    expect(policies.get(tcpHost)?.verdict).toBe('admitted');
  });
});

it('says nothing of the person where it denied the service token of the computer', async () => {
  await signIn();
  const token = { clientId: 'x.access', clientSecret: 'y', file: 'token.json' };
  const { policies, access } = await start({ serviceToken: async () => token });
  await access.report(tcpHost, { ray: 'abc-FRA' });
  expect(policies.get(tcpHost)).toBeUndefined();
});

describe('what Access does not say', () => {
  it('stays unknown, and is let rest for a while', async () => {
    await signIn();
    const { policies } = await start();
    rig.world.traffic.inject({
      service: 'access',
      operation: 'app-info',
      scope: socksHost,
      times: 1,
      does: { kind: 'drop' },
    });
    policies.want([socksHost, absentHost]);
    await vi.waitFor(() => expect(served('app-info', socksHost)).toBe(1));
    policies.want([otherTcpHost, socksHost]);
    await known(policies, 1);
    await lookedAt(policies, [socksHost], downHost);
    expect(served('app-info', socksHost)).toBe(1);
    rig.clock.skip(600_000);
    policies.want([socksHost]);
    await known(policies, 3);
  });

  it('because the session has ended at the edge, leaves it unknown', async () => {
    await signIn();
    const { policies } = await start();
    rig.world.access.expire('org');
    const before = served('authorize');
    policies.want([socksHost]);
    await vi.waitFor(() => expect(served('login', socksHost)).toBe(1), { timeout: 10_000 });
    // The team says that the session is over: from then on it counts as ended, though its token names a later time.
    await vi.waitFor(() => expect(served('get-identity')).toBe(1), { timeout: 10_000 });
    policies.want([socksHost, otherTcpHost]);
    expect(policies.get(socksHost)).toBeUndefined();
    // The identity provider, where a browser would go now, is not asked.
    expect(served('authorize')).toBe(before);
    expect(served('login', socksHost)).toBe(1);
    expect(await tabs()).toBe(1);
  });
});

describe('the bounds', () => {
  /** Access as the test answers it. */
  async function paced(hold: boolean) {
    const asked: string[] = [];
    const release: (() => void)[] = [];
    const policies = await createPolicies({
      folder: path.join(rig.world.home, 'state'),
      clock: rig.clock,
      logger: silentLogger,
      favourites: () => favourites,
      onChange: () => {},
      access: {
        failingChecks: async () => [],
        async ask(hostname, { turn }) {
          await turn();
          asked.push(hostname);
          if (hold) await new Promise<void>((resolve) => release.push(resolve));
          const session = { authDomain: 'acme.cloudflareaccess.com', email: ada };
          await policies.hear({ hostname, session, denial: undefined });
        },
      },
    });
    policies.keep([{ authDomain: 'acme.cloudflareaccess.com', email: ada }]);
    endings.push(() => policies.close());
    return { policies, asked, release };
  }
  const hosts = (count: number) => Array.from({ length: count }, (_, at) => `c${at}.k8s.acme.example`);

  it('are four at once, favourites first, and nothing that is out of view again', async () => {
    favourites = ['star.k8s.acme.example'];
    const { policies, asked, release } = await paced(true);
    policies.want(hosts(20));
    await vi.waitFor(() => expect(asked).toHaveLength(4));
    expect(asked).toEqual(['star.k8s.acme.example', ...hosts(3)]);
    policies.want(['seen.k8s.acme.example']);
    release.shift()?.();
    await vi.waitFor(() => expect(asked).toHaveLength(5));
    expect(asked.at(-1)).toBe('seen.k8s.acme.example');
    for (const go of release) go();
    await known(policies, 5);
    expect(asked).toHaveLength(5);
  });

  it('are sixty a minute', async () => {
    const { policies, asked } = await paced(false);
    policies.want(hosts(200));
    await vi.waitFor(() => expect(asked).toHaveLength(60));
    await vi.waitFor(() => expect(rig.clock.pending()).toBe(4));
    rig.clock.skip(50_000);
    expect(asked).toHaveLength(60);
    rig.clock.skip(10_000);
    await vi.waitFor(() => expect(asked).toHaveLength(120));
    await vi.waitFor(() => expect(rig.clock.pending()).toBe(4));
    expect(asked).toHaveLength(120);
  });
});
