import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createCredentials } from '../../../../main/agent/credentials/credentials.ts';
import { gkeCredentials } from '../../../../main/agent/providers/gcp/credential.ts';
import { createGkeAccountsSource } from '../../../../main/agent/providers/gcp/gke-accounts.ts';
import { createGcpLogin } from '../../../../main/agent/providers/gcp/login.ts';
import type { Cluster } from '../../../../main/model/cluster.ts';
import { firstPerson } from '../../../world/people.ts';
import { visit } from '../../../world/person/browser.ts';
import { openCookieJar } from '../../../world/person/cookie-jar.ts';
import { defaultPlan, type Person } from '../../../world/plan.ts';
import { discoverOnce } from '../../discovery/clouds.ts';
import { type Rig, signInFile, startRig } from '../../logins/rig.ts';
import { type Google, startGoogle } from './google.ts';

// Two people with sessions of ours: ada sees the shop, grace the analytics, both the platform.

const ada = firstPerson(defaultPlan.people);
const grace: Person = { ...ada, email: 'grace@partner.example', password: 'a compiler of her own' };
const shared = 'acme-finance';

let rig: Rig;
let google: Google;
let ownFile: string;
beforeEach(async () => {
  rig = await startRig();
  google = await startGoogle();
  google.people.push(grace);
  google.plan.projects = google.plan.projects.flatMap((project) => {
    if (project.id === 'acme-shop') return { ...project, only: ada.email };
    if (project.id === 'acme-analytics') return { ...project, only: grace.email };
    return project.id === shared ? { ...project, gke: 'enabled' as const } : [];
  });
  const [cluster] = google.plan.clusters;
  if (cluster === undefined) throw new Error('the plan has no cluster');
  google.plan.clusters.push({ ...cluster, project: shared, name: 'ledger' });
  ownFile = path.join(rig.home, 'state', 'google-sign-in.json');
});
afterEach(async () => {
  await google.close();
  await rig.close();
});

const never = new AbortController().signal;
const parts = () => ({
  env: {
    ...google.env,
    // There is no gcloud.
    CLOUDSDK_CONFIG: path.join(rig.home, 'none'),
    CLOUDSDK_AUTH_TOKEN_HOST: google.gcp.tokenUri,
    CLOUDSDK_AUTH_AUTH_HOST: google.gcp.authUri,
  },
  home: rig.home,
  network: rig.network,
  clock: rig.clock,
  ownFile: signInFile(ownFile),
});
const open = () => {
  const login = createGcpLogin({ parts: parts(), client: () => google.gcp.signIns.desktopClient });
  const logins = rig.logins(login);
  return {
    ...logins,
    /** Signs in as the person in front of the browser. */
    as(person: Person, session?: string) {
      rig.browser.open = async (url) => {
        rig.browser.opened.push(url);
        const jar = openCookieJar(path.join(rig.home, `${person.email}.json`));
        void visit(url, person, jar).catch(() => {});
      };
      return logins.login({ provider: 'gcp', session, signal: never });
    },
  };
};
const both = async () => {
  const logins = open();
  await logins.as(ada);
  await logins.as(grace, grace.email);
  return logins;
};
const discover = (chosen?: Readonly<Record<string, string>>) =>
  discoverOnce(createGkeAccountsSource({ ...parts(), chosen }));
/** The next run of another agent, which knows what the first one has found. */
const discoverAgain = ({ clusters, results }: Awaited<ReturnType<typeof discover>>) => {
  const cells = results.map(({ cell }) => ({ ...cell, id: `gke/${cell.account}/${cell.region}`, readAt: 1 }));
  return discoverOnce(createGkeAccountsSource(parts()), clusters, { cells });
};
const named = (clusters: readonly Cluster[], name: string) => {
  const found = clusters.find((one) => one.name === name);
  if (found === undefined) throw new Error(`no ${name}`);
  return found;
};
const whose = async (cluster: Cluster, chosen: Readonly<Record<string, string>> = {}) => {
  const provider = { credential: gkeCredentials({ ...parts(), chosen: () => chosen }) };
  const credential = await createCredentials({ clock: rig.clock, providers: [provider] }).get(cluster);
  if (credential.kind !== 'token') throw new Error('not a token');
  return { email: google.gcp.signIns.find(credential.token), identity: credential.identity };
};

describe('a second account', () => {
  test('is added beside the first one, and each is named', async () => {
    const logins = open();
    expect(await logins.as(ada)).toMatchObject({ session: 'google', who: ada.email });
    expect(await logins.as(grace, grace.email)).toMatchObject({ session: grace.email, who: grace.email });
    expect(new URL(rig.browser.opened.at(-1) ?? '').searchParams.get('login_hint')).toBe(grace.email);
    expect(await logins.accounts()).toMatchObject([
      { session: grace.email, who: grace.email, status: 'signed-in', ours: true },
      { session: ada.email, who: ada.email, status: 'signed-in', ours: true },
    ]);
    // Earlier versions read the first one.
    const { others, ...first } = JSON.parse(await readFile(ownFile, 'utf8'));
    expect(first).toMatchObject({ type: 'authorized_user', account: ada.email });
    expect(others).toMatchObject([{ type: 'authorized_user', account: grace.email }]);
  });

  test('may be chosen in the browser, where none is named', async () => {
    const logins = open();
    await logins.as(ada);
    expect(await logins.as(grace)).toMatchObject({ who: grace.email, session: grace.email });
    expect(new URL(rig.browser.opened.at(-1) ?? '').searchParams.get('prompt')).toContain('select_account');
    // A login of the same account replaces its session.
    expect(await logins.as(ada, ada.email)).toMatchObject({ who: ada.email });
    expect(await logins.accounts()).toHaveLength(2);
  });

  test('that is not the named one changes nothing, and is named with the cure', async () => {
    const logins = open();
    await logins.as(ada);
    const before = await readFile(ownFile, 'utf8');
    await expect(logins.as(ada, grace.email)).rejects.toMatchObject({
      code: 'login-failed',
      message: `You signed in to Google as ${ada.email}, not as ${grace.email}.`,
      hint: expect.stringContaining(`k8s-tunnels login gcp ${ada.email}`),
    });
    expect(await readFile(ownFile, 'utf8')).toBe(before);
  });

  test('signs out alone', async () => {
    const logins = await both();
    const { removed, remaining } = await logins.logout({ provider: 'gcp', session: ada.email });
    expect(removed).toEqual([`The Google session of ${ada.email} (${ownFile}), revoked at Google`]);
    expect(remaining).toContain(`The Google session of ${grace.email}.`);
    expect(await logins.accounts()).toMatchObject([{ session: 'google', who: grace.email }]);
  });
});

describe('the clusters of two accounts', () => {
  test('are read by the account that sees their project, which signs in to them', async () => {
    await both();
    const first = await discover();
    const { clusters, results } = first;
    expect(results.filter(({ outcome }) => outcome.kind === 'failed')).toEqual([]);
    expect(await whose(named(clusters, 'storefront-prod'))).toMatchObject({
      email: ada.email,
      identity: {
        used: `Google account ${ada.email}`,
        others: [`Google account ${grace.email}`],
        choose: expect.stringContaining('gcpAccounts'),
        choice: { setting: 'gcpAccounts', names: [ada.email, grace.email] },
      },
    });
    expect((await whose(named(clusters, 'reports'))).email).toBe(grace.email);
    // Of what both see, the first one.
    expect(named(clusters, 'ledger').credential).toEqual({ kind: 'gke', account: ada.email });
    // The next run reads the same with the same accounts.
    const again = await discoverAgain(first);
    const credentials = (all: readonly Cluster[]) =>
      Object.fromEntries(all.map(({ name, credential }) => [name, credential]));
    expect(credentials(again.clusters)).toEqual(credentials(clusters));
  });

  test('get the account that is chosen for their project', async () => {
    await both();
    const { clusters } = await discover({ [shared]: grace.email });
    const ledger = named(clusters, 'ledger');
    expect(ledger.credential).toEqual({ kind: 'gke', account: grace.email });
    expect((await whose(ledger)).email).toBe(grace.email);
    // A choice applies to the next token, before any discovery.
    expect((await whose(ledger, { [shared]: ada.email })).email).toBe(ada.email);
  });

  test('say which session has ended, and are not given to the other account', async () => {
    await both();
    const first = await discover();
    const { clusters } = first;
    const { others } = JSON.parse(await readFile(ownFile, 'utf8'));
    google.gcp.signIns.end(others[0].refresh_token, 'revoked');
    const ended = {
      code: 'gcp-session-expired',
      message: `The Google session of ${grace.email} has expired or was revoked.`,
      hint: `Run \`k8s-tunnels login gcp ${grace.email}\`.`,
    };
    await expect(whose(named(clusters, 'reports'))).rejects.toMatchObject({
      ...ended,
      signIn: { provider: 'gcp', session: grace.email },
    });
    const { results } = await discoverAgain(first);
    const failed = results.filter(({ outcome }) => outcome.kind === 'failed');
    expect(new Set(failed.map(({ cell }) => cell.account))).toEqual(new Set(['acme-analytics']));
    expect(failed[0]?.outcome).toMatchObject({ error: ended });
    expect(await open().accounts()).toMatchObject([
      { who: ada.email, status: 'signed-in' },
      { who: grace.email, status: 'ended', needed: true },
    ]);
  });

  test('of an account that has signed out name it, and what to do', async () => {
    const logins = await both();
    const { clusters } = await discover();
    await logins.logout({ provider: 'gcp', session: grace.email });
    await expect(whose(named(clusters, 'reports'))).rejects.toMatchObject({
      code: 'gcp-session-expired',
      message: `You are not signed in to Google as ${grace.email}.`,
      hint: expect.stringContaining(`k8s-tunnels login gcp ${grace.email}`),
      signIn: { provider: 'gcp', session: grace.email },
    });
  });
});
