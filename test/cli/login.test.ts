import { readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { writeAwsHome } from '../world/aws/home.ts';
import { type Aws, startAws } from '../world/aws/server.ts';
import { firstPerson } from '../world/people.ts';
import { type Browser, installBrowser } from '../world/person/wrapper.ts';
import { defaultPlan, type Plan } from '../world/plan.ts';
import { Traffic } from '../world/traffic.ts';
import { certificateAuthorityFor } from '../world-tests/aws-fixture.ts';
import { type Home, makeHome, runCli, startCli } from './run-cli.ts';
import { runInTerminal, startInTerminal } from './terminal.ts';

// The command line with an agent that it starts by itself, a person in front of the browser, and the world's AWS.

const plan: Plan = { ...defaultPlan, accounts: [] };
let home: Home;
let aws: Aws;
let browser: Browser;
let env: Readonly<Record<string, string>>;

beforeEach(async () => {
  home = await makeHome();
  aws = await startAws({ plan, traffic: new Traffic(), kubeFacts: { certificateAuthorityFor } });
  const own = await writeAwsHome({ home: home.paths.home, plan, url: aws.url, signIn: aws.signIn() });
  await rm(path.join(home.paths.home, '.aws', 'sso'), { recursive: true });
  browser = await installBrowser({
    folder: path.join(home.paths.home, 'browser'),
    person: firstPerson(plan.people),
    proxy: 'http://127.0.0.1:9',
    authorityFile: '/dev/null',
  });
  env = { ...home.env, ...own, BROWSER: browser.command };
});
afterEach(async () => {
  await runCli(['quit'], { env });
  await aws.close();
  await home.remove();
});

const cacheFile = async () => {
  const { stdout } = await run('accounts', '--json');
  const { accounts } = JSON.parse(stdout) as { accounts: { store: string }[] };
  return accounts[0]?.store ?? '';
};
const run = (...args: readonly string[]) => runCli(args, { env });

it('signs in in the browser, tells of it, and signs out', async () => {
  const before = await run('accounts');
  expect(before.stdout).toMatch(/· +AWS +acme +not signed in/);
  const login = await run('login', 'aws');
  expect(login).toMatchObject({ code: 0, stdout: '✓ AWS (acme): signed in, renewed automatically\n' });
  expect(await browser.tabs()).toEqual([`127.0.0.1:${aws.port}/authorize`]);
  const accounts = await run('accounts', '--json');
  expect(JSON.parse(accounts.stdout).accounts).toContainEqual(
    expect.objectContaining({ provider: 'aws', session: 'acme', status: 'signed-in' }),
  );
  // Neither what was printed nor the agent's log holds a secret of it.
  const kept = JSON.parse(await readFile(await cacheFile(), 'utf8')) as Record<string, string>;
  const log = await readFile(path.join(home.paths.state, 'agent.log'), 'utf8');
  expect(log).toContain('Signed in');
  for (const secret of [kept.accessToken, kept.refreshToken, kept.clientSecret])
    for (const text of [log, login.stdout, login.stderr, accounts.stdout]) expect(text).not.toContain(secret);
  const logout = await run('logout', 'aws', 'acme');
  expect(logout.code).toBe(0);
  expect(logout.stdout).toContain('✓ Removed: The AWS session acme');
  expect(logout.stdout).toContain('! Remains: ');
  expect(await run('logout', 'aws')).toMatchObject({ code: 4 });
});

it('shows a code to enter elsewhere', async () => {
  const cli = startCli(['login', 'aws', '--device-code'], { env });
  await cli.says('and check that the code is');
  const [url = ''] = /http:\S+user_code=\S+/.exec(cli.stderr()) ?? [];
  expect(await browser.tabs()).toEqual([]);
  const { email, password } = firstPerson(plan.people);
  await fetch(url, { method: 'POST', body: new URLSearchParams({ email, password }) });
  expect(await cli.done).toMatchObject({ code: 0 });
});

it('says what there is to sign in to', async () => {
  const { code, stderr } = await run('login', 'gogle');
  expect(code).toBe(2);
  expect(stderr).toContain('The providers are access, aws, gcp, azure, vault and oidc.');
});

it('is cancelled by Ctrl-C', async () => {
  const quiet = { ...env, BROWSER: '/bin/true' };
  await runCli(['quit'], { env });
  const { code, screen } = await runInTerminal({
    args: ['login', 'aws'],
    env: quiet,
    when: 'If no browser opened',
    keys: '\u0003',
  });
  expect(code).toBe(130);
  expect(screen).toContain('was cancelled');
});

it('tells a person at kubectl what it waits for', async () => {
  expect(await run('login', 'aws')).toMatchObject({ code: 0 });
  await run('discover');
  expect(await run('logout', 'aws')).toMatchObject({ code: 0 });
  await run('quit');
  const cli = startCli(['credential', 'playground'], { env: { ...env, BROWSER: '/bin/true' } });
  await cli.says('Waiting for you to sign in to AWS (acme) in the browser …\n');
  const { stdout } = await run('status', '--json');
  expect(JSON.parse(stdout).logins).toMatchObject([{ kind: 'aws', title: 'AWS (acme)' }]);
  await run('quit');
  expect(await cli.done).toMatchObject({ stdout: '' });
  expect((await cli.done).code).not.toBe(0);
});

it('begins the one that is missing where none is named, and calls none ended that never was', async () => {
  const found = await run('discover');
  expect(found.stdout).toContain('You are not signed in to AWS (acme).');
  expect(found.stdout).not.toContain('has expired');
  expect((await run('list')).stderr).toContain('Not signed in to AWS (acme): `k8s-tunnels login aws acme`');
  expect(await run('login')).toMatchObject({ code: 0, stdout: expect.stringContaining('✓ AWS (acme)') });
  expect(await browser.tabs()).toHaveLength(1);
});

it('is offered by the bare command, which then has clusters to pick', async () => {
  const terminal = startInTerminal({ args: [], env });
  await terminal.shows(/You are not signed in to AWS \(acme\)\. Sign in now\?/);
  terminal.press('\r');
  await terminal.shows(/Clusters to connect[\s\S]*playground/);
  expect(await browser.tabs()).toHaveLength(1);
  await terminal.end();
});

it('says what to run on a no, and where clusters come from', async () => {
  const { code, screen } = await runInTerminal({ args: ['list'], env, when: 'Sign in now?', keys: 'n' });
  expect(code).toBe(0);
  expect(screen).toContain('`k8s-tunnels login aws acme`');
  for (const place of ['AWS', 'Google Cloud', 'Azure', 'Vault', 'your organisation'])
    expect(screen).toContain(place);
  expect(await browser.tabs()).toEqual([]);
});

it('takes an unknown cluster for one that a sign-in may find, and the start URL only with its region', async () => {
  const unknown = await run('connect', 'playground', '--json');
  expect(unknown.code).toBe(4);
  expect(JSON.parse(unknown.stdout).error.hint).toContain('AWS (acme): `k8s-tunnels login aws acme`');
  const wrong = await run('login', 'aws', 'https://beta.awsapps.com/start', '--region', 'dublin');
  expect(wrong).toMatchObject({ code: 2, stderr: expect.stringContaining('for example eu-west-1') });
  // A portal whose login fails is removed from the settings again.
  await aws.close();
  const lost = await run('login', 'aws', 'https://beta.awsapps.com/start', '--region', 'eu-west-1');
  expect(lost.code).not.toBe(0);
  expect((await run('settings', 'awsPortals')).stdout).toBe('\n');
});
