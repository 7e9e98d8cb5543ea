import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { plainValues } from '../../main/api/plain-values.ts';
import { withIsoTimes } from '../../main/cli/json-document.ts';
import { aRelease } from '../renderer/shown.ts';
import { activity } from './fake-agent.ts';
import { fakeAgentRig } from './fake-agent-rig.ts';
import { runCli, startCli } from './run-cli.ts';

const rig = fakeAgentRig();
const { run, json } = rig;

describe('list', () => {
  it('groups by account and says what each cluster lacks', async () => {
    const { stdout, stderr, code } = await run('list');
    expect(code).toBe(0);
    expect(stdout.trimEnd().split('\n')).toEqual([
      'eks Payments (444455556666)',
      '  ○  dark                   eu-west-1',
      '  ○  denied                 eu-west-1',
      '  ○  forbidden              eu-west-1',
      '  –  mistagged              eu-west-1  no tunnel: k8s-tunnels-origin is "carrier-pigeon". Set it to socks, tcp or https, or remove it (socks).',
      '  ○  prod       production  eu-west-1',
      '  ○  staging    staging     eu-west-1',
      '  –  untagged               eu-west-1  no tunnel: It has no tag k8s-tunnels-hostname.',
      '  ○  waits                  eu-west-1',
    ]);
    expect(stderr).toContain('Could not load 1 location (eks 1 us-east-1)');
  });

  it('keeps the clusters that every word fits', async () => {
    const { document } = await json('list', 'EU-WEST', 'payments', 'production');
    expect(document.clusters).toMatchObject([{ title: 'prod', tunnel: null }]);
    expect(document.failed).toMatchObject([{ error: { code: 'aws-denied' } }]);
  });

  it('leaves out what is not for the person, unless all is asked for', async () => {
    rig.agent.deny('dark', 'Group people-ops\u001b[31m only');
    const short = await run('list', 'eks');
    expect(short.stdout).not.toContain('dark');
    expect(short.stderr).toContain('No access to 1 cluster (`k8s-tunnels list --all` shows them).');
    const long = await run('list', '--all');
    expect(long.stdout).toContain(
      '  ⊘  dark                   eu-west-1  no access: Group people-ops only\n',
    );
    expect(long.stderr).not.toContain('No access');

    const only = await run('list', 'dark');
    expect([only.stdout, only.code]).toEqual(['', 0]);
    expect(only.stderr).toContain('No access to 1 cluster (`k8s-tunnels list --all` shows them).');
    expect(only.stderr).not.toContain('No cluster');
    expect((await json('list', 'dark')).document.clusters).toMatchObject([
      { title: 'dark', policy: { verdict: 'denied', message: expect.stringContaining('people-ops') } },
    ]);
    expect((await json('list', 'prod')).document.clusters).toMatchObject([{ title: 'prod', policy: null }]);
  });

  it('says that nothing fits', async () => {
    const { stdout, stderr, code } = await run('list', 'nowhere');
    expect([stdout, code]).toEqual(['', 0]);
    expect(stderr).toContain('No cluster matches nowhere');
  });
});

describe('discover', () => {
  it('names the places that failed', async () => {
    const { stdout, code } = await run('discover');
    expect(code).toBe(0);
    expect(stdout).toBe(
      '8 clusters, refreshed in 1.2 s\n! eks 1 us-east-1: Account 1 may not list clusters. aws-denied\n  Ask its owner.\n',
    );
    expect((await json('discover')).document).toMatchObject({ clusters: 8, tookMs: 1234 });
  });

  it('is partial where a location may answer later, and prints what it has', async () => {
    rig.agent.silence();
    const { stdout, code } = await run('discover');
    expect(code).toBe(7);
    expect(stdout).toMatch(/^8 clusters, /);
    expect((await json('discover')).code).toBe(7);
  });
});

describe('sets', () => {
  it('are listed with what is in them', async () => {
    const { stdout, code } = await run('sets');
    expect(code).toBe(0);
    expect(stdout.trimEnd().split('\n')).toEqual([
      expect.stringMatching(/^both +prod, staging$/),
      expect.stringMatching(/^lost +eks\/444455556666\/eu-west-1\/gone$/),
      expect.stringMatching(/^Staging.* EU +staging, eks\/444455556666\/eu-west-1\/gone$/),
    ]);
    expect(stdout).not.toContain('\u0007');
    expect((await json('sets')).document.sets).toHaveLength(3);
  });

  it('are connected by their name, whatever its case; what is gone is told', async () => {
    const { stderr, stdout, code } = await run('connect', '--set', 'STAGING eu', '--add');
    expect(code).toBe(0);
    expect(stdout).toContain('✓ staging');
    expect(stderr).toContain('eks/444455556666/eu-west-1/gone no longer exists.');
    expect(rig.agent.calls.find(({ name }) => name === 'connect')?.input).toMatchObject({
      clusters: ['eks/444455556666/eu-west-1/staging'],
      mode: 'add',
    });
  });

  it('are saved, changed, renamed, deleted, and shared as a link', async () => {
    const saved = async () =>
      Object.fromEntries(
        ((await json('sets')).document.sets as unknown as { name: string; clusters: string[] }[]).map(
          ({ name, clusters }) => [name, clusters.map((id) => id.split('/').at(-1))],
        ),
      );
    const create = await run('sets', 'save', 'back end', 'prod', 'staging');
    expect([create.stdout, create.code]).toEqual(['Saved the set "back end" of prod and staging.\n', 0]);
    expect((await run('sets', 'add', 'Back End', 'waits')).stdout).toBe(
      'The set "back end" now has prod, staging and waits.\n',
    );
    // A cluster that is gone stays in a set until its id is removed.
    await run('sets', 'add', 'lost', 'prod');
    await run('sets', 'remove', 'back end', 'prod', 'staging');
    await run('sets', 'rename', 'back end', 'core');
    expect(await saved()).toMatchObject({ core: ['waits'], lost: ['gone', 'prod'] });
    await run('sets', 'remove', 'lost', 'eks/444455556666/eu-west-1/gone');
    expect((await saved()).lost).toEqual(['prod']);
    const link =
      'k8s-tunnels://set?name=both&cluster=eks/444455556666/eu-west-1/prod&cluster=eks/444455556666/eu-west-1/staging';
    expect((await run('sets', 'link', 'both')).stdout).toBe(`${link}\n`);
    expect((await json('sets', 'link', 'both')).document).toEqual({ link });
    expect((await json('sets', 'delete', 'CORE')).document.sets).not.toContainEqual(
      expect.objectContaining({ name: 'core' }),
    );
    expect(await saved()).not.toHaveProperty('core');
  });

  it('are saved from a link, under a name that is free', async () => {
    const link = (name: string) => `k8s-tunnels://set?name=${name}&cluster=prod&cluster=nowhere`;
    const saved = await run('sets', 'save', link('On%20call'));
    expect([saved.stdout, saved.code]).toEqual(['Saved the set "On call" of prod.\n', 0]);
    expect(saved.stderr).toContain('There is no cluster called "nowhere".');
    for (const [text, message] of [
      [link('BOTH'), /"BOTH" already/],
      ['k8s-tunnels://set?name=x&cluster=nowhere', /no cluster of the set/],
      ['k8s-tunnels://connect?cluster=prod', /proposes no set/],
      ['k8s-tunnels://set?name=x&cluster=prod&open=1', /besides name/],
    ] as const)
      expect((await json('sets', 'save', text)).document.error).toMatchObject({
        message: expect.stringMatching(message),
      });
    expect(rig.agent.calls.filter(({ name }) => name === 'set-save')).toHaveLength(1);
  });

  it.each([
    [['add', 'nowhere', 'prod'], 'not-found', /no set called "nowhere"/],
    [['save', 'one', 'prodd'], 'not-found', /no cluster called "prodd"/],
    [['remove', 'both', 'prod', 'staging'], 'bad-input', /at least one cluster/],
    [['save', 'one'], 'bad-input', /name clusters/],
    [['rename', 'both'], 'bad-input', /new name/],
    [['rename', 'both', 'a', 'b'], 'bad-input', /too many/],
    [['keep', 'both'], 'bad-input', /save, add, remove/],
  ])('are not changed by %j', async (args, code, message) => {
    const { document } = await json('sets', ...args);
    expect(document.error).toMatchObject({ code, message: expect.stringMatching(message) });
    expect(rig.agent.calls.filter(({ name }) => name.startsWith('set-'))).toEqual([]);
  });

  it.each(['nowhere', 'lost'])('that lead to nothing are refused: %s', async (name) => {
    const { document } = await json('connect', '--set', name);
    expect(document.error).toMatchObject({ code: 'not-found' });
    expect(rig.agent.calls.filter((call) => call.name === 'connect')).toEqual([]);
  });
});

describe('favourites', () => {
  it('are added, listed in their order, and removed', async () => {
    expect((await run('favourites')).stderr).toContain('k8s-tunnels favourites add CLUSTER');
    expect((await run('favourite', 'add', 'staging', 'prod')).stdout).toBe(
      'Added to favourites: staging and prod.\n',
    );
    expect((await run('favourites', 'list')).stdout).toBe('staging\nprod\n');
    expect((await json('favourites', 'remove', 'staging')).document).toEqual({
      favourites: [{ cluster: 'eks/444455556666/eu-west-1/prod', title: 'prod' }],
    });
    expect((await json('favourites', 'add', 'prod', 'nowhere')).document.error).toMatchObject({
      code: 'not-found',
    });
    expect((await run('favourites', 'remove')).code).toBe(2);
  });
});

describe('connect', () => {
  it('answers context, port and where kubectl points', async () => {
    const { stdout, code } = await run('connect', 'prod', 'staging', '--switch', '--production');
    expect(code).toBe(0);
    expect(stdout).toBe(
      [
        '✓ prod     connected in 12 ms  context prod     127.0.0.1:21000',
        '✓ staging  connected in 12 ms  context staging  127.0.0.1:21000',
        'Current context: prod (production)',
        'There was no current context before. Undo: k8s-tunnels switch -',
        '',
      ].join('\n'),
    );
    const { document } = await json('list', 'prod');
    expect(document.clusters).toMatchObject([{ tunnel: { state: { status: 'connected' }, port: 21_000 } }]);
  });

  it('sends the kubeconfig of the caller along, and the variables of its shell', async () => {
    const cwd = path.join(rig.home.paths.home, 'work');
    await mkdir(cwd);
    const variables = { AWS_EC2_METADATA_DISABLED: 'true', AWS_PROFILE: 'dev', VAULT_TOKEN: 'hvs.one' };
    const env = { ...rig.home.env, ...variables, KUBECONFIG: 'a:b', OTHER_TOKEN: 'not sent' };
    await runCli(['connect', 'prod', '--add'], { env, cwd });
    await runCli(['credential', 'prod'], { env, cwd });
    const environment = { cwd, variables };
    expect(rig.agent.calls.find(({ name }) => name === 'credential')?.input).toMatchObject({ environment });
    expect(rig.agent.calls.find(({ name }) => name === 'connect')?.input).toEqual({
      place: { kubeconfig: 'a:b', cwd, home: rig.home.paths.home },
      clusters: ['prod'],
      mode: 'add',
      environment,
    });
  });

  it('fails with 1 when some failed, and says where and who can fix it', async () => {
    const { stdout, stderr, code } = await run('connect', 'prod', 'denied', 'dark');
    expect(code).toBe(1);
    expect(stdout).toContain('✓ prod');
    expect(stderr).toContain(
      [
        '✗ denied  failed at access: The Access policy of denied.example.net denies you access.',
        '  Ask your Access administrator for it.',
        '  Who can fix it: your Access administrator.',
      ].join('\n'),
    );
  });

  it('names the owner where the cluster needs a fix', async () => {
    const { stderr } = await run('connect', 'dark');
    expect(stderr).toContain(
      [
        "  Who can fix it: the cluster's administrator. Ask the owner: night-watch@example.com.",
        '  About this cluster: https://wiki.example.com/dark',
      ].join('\n'),
    );
  });

  it('fails with 3 when all were refused access', async () => {
    const { code, document } = await json('connect', 'denied', 'forbidden');
    expect(code).toBe(3);
    expect(document.results).toMatchObject([
      { status: 'failed', stage: 'access', mender: 'access-administrator' },
      { status: 'failed', error: { code: 'access-denied' } },
    ]);
  });

  it('lets no server write control characters to the terminal', async () => {
    const { stderr } = await run('connect', 'dark');
    expect(stderr).toContain('dark answers 500');
    for (const control of ['\u001b', '\u0007']) expect(stderr).not.toContain(control);
  });

  it('fails with 4 for an unknown cluster, with what is near', async () => {
    const { code, document } = await json('connect', 'stagin');
    expect(code).toBe(4);
    expect(document.error).toMatchObject({ code: 'not-found', retryable: false });
    const { stderr } = await run('connect', 'stagin');
    expect(stderr).toContain('✗ There is no cluster called "stagin".\n  Did you mean staging');
  });

  it('cancels at the agent on Ctrl-C and waits until it is undone', async () => {
    const cli = startCli(['connect', 'waits', '--json'], { env: rig.home.env });
    await rig.agent.waiting;
    cli.child.kill('SIGINT');
    await rig.agent.undone;
    const { code, stdout } = await cli.done;
    expect(code).toBe(130);
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'cancelled' } });
  });
});

describe('activity', () => {
  it('tells what happened and when, the newest last, with nothing in it that moves the cursor', async () => {
    const { stdout, code } = await run('activity');
    expect(code).toBe(0);
    expect(stdout).toBe(
      [
        '2026-03-03 08:59:00  ·  settings   changed: keepEntries',
        '2026-03-03 09:00:00  ·  discovery  8 clusters, 2 new (dark and prod), could not load 1 of 2 locations',
        '2026-03-04 09:05:00  ●  dark       connected: opened for kubectl, 42 ms',
        '2026-03-04 17:29:00  ✗  dark       failed at readyz: kube-unready: dark answers 500. Ask.',
        '2026-03-04 17:30:10  ·  dark       disconnected',
        '',
      ].join('\n'),
    );
  });

  it('is one document for programs, as the agent has it, and as long as is asked for', async () => {
    const { document } = await json('activity');
    // What a source says reaches nobody with control characters.
    expect(document.entries).toEqual(withIsoTimes(plainValues(activity)));
    expect(JSON.stringify(document)).not.toMatch(/\\u00(?:1b|07)/);
    const { stdout } = await run('activity', '--limit', '2');
    expect(stdout.trimEnd().split('\n')).toHaveLength(2);
    expect(rig.agent.calls.filter(({ name }) => name === 'activity').at(-1)?.input).toEqual({ limit: 2 });
  });

  it.each(['0', '501', '-1', '1e2', 'all', ''])('refuses a limit of %j', async (limit) => {
    const { stdout, stderr, code } = await run('activity', `--limit=${limit}`);
    expect([stdout, code]).toEqual(['', 2]);
    expect(stderr).toContain('1 to 500');
    expect(rig.agent.calls).toEqual([]);
  });
});

describe('status, switch, disconnect', () => {
  it('shows what is connected and the current context', async () => {
    await run('connect', 'prod', 'staging', '--switch', '--production');
    const { stdout } = await run('status');
    expect(stdout).toMatch(
      /^● {2}prod {5}production {2}127\.0\.0\.1:21000 {2}12 ms {2}connected for \d+ s$/m,
    );
    expect(stdout).toContain('Current context: prod (production)');
    expect(stdout).toContain(`agent 0.1.0, process ${process.pid}, up 2 min`);
    const { document } = await json('status');
    expect(document).toMatchObject({
      agent: { pid: process.pid },
      tunnels: [
        { title: 'prod', port: 21_000 },
        { title: 'staging', state: { status: 'connected' } },
      ],
      kubectl: { context: 'prod' },
    });
  });

  it('says that a newer version is out, and the version stays its own', async () => {
    expect((await run('status')).stdout).not.toContain('is out');
    expect((await json('status')).document.release).toBeUndefined();
    rig.agent.release(aRelease());
    expect((await run('status')).stdout).toMatch(
      /^k8s-tunnels 1\.4\.0 is out: https:\/\/example\.com\/1\.4\.0$/m,
    );
    expect((await json('status')).document.release).toEqual(aRelease());
    rig.agent.release(aRelease({ isRequired: true }));
    expect((await run('status')).stdout).toContain(
      'This version is no longer supported: k8s-tunnels 1.4.0 is out',
    );
    expect((await run('--version')).stdout).toBe('0.1.0\n');
  });

  it('switches to a connected cluster only', async () => {
    await run('connect', 'prod', 'staging', '--switch', '--production');
    expect((await run('switch', 'staging')).stdout).toBe('Current context: staging\n');
    expect((await json('switch', 'denied')).code).toBe(4);
  });

  it('reports with file and line what kubectl passes over in the kubeconfig', async () => {
    await run('connect', 'staging', '--switch');
    const warnings = ['/home/me/config, line 7: a second YAML document begins here.', 'b'];
    rig.agent.passOver(warnings);
    expect(await run('switch', 'staging')).toMatchObject({
      code: 0,
      stdout: 'Current context: staging\n',
      stderr: warnings.map((one) => `! ${one}\n`).join(''),
    });
    expect((await run('status')).stdout).toContain(
      `Current context: staging\n! ${warnings[0]}\n! ${warnings[1]}\n`,
    );
    for (const command of [['switch', 'staging'], ['status']])
      expect((await json(...command)).document).toMatchObject({ kubectl: { context: 'staging', warnings } });
  });

  it('disconnects one, then all', async () => {
    await run('connect', 'prod', 'staging', '--switch', '--production');
    expect((await json('disconnect', 'prod')).document.closed).toMatchObject([{ title: 'prod' }]);
    expect((await run('disconnect', 'staging')).stdout).toBe(
      '✓ staging  disconnected\nCurrent context: none\n',
    );
    expect((await run('disconnect', '--all')).stdout).toBe('Nothing was connected.\n');
  });

  it('shows on-demand contexts, until it is removed', async () => {
    await run('connect', 'prod', 'staging', '--switch', '--production');
    expect((await run('status')).stdout).not.toContain('On-demand');
    await run('disconnect', 'prod');
    expect((await run('status')).stdout).toMatch(/^On-demand context: prod$/m);
    const { kept, tunnels } = (await json('status')).document;
    expect(kept).toEqual([{ cluster: expect.any(String), title: 'prod' }]);
    expect(tunnels).toMatchObject([{ title: 'staging' }]);
    expect((await run('list', 'eks')).stdout).toMatch(
      /^ {2}○ {2}prod +production +eu-west-1 +on demand: connects when kubectl needs it$/m,
    );
    expect((await json('list', 'prod')).document.clusters).toMatchObject([{ title: 'prod', kept: true }]);
    await run('disconnect', 'staging');
    expect((await run('status')).stdout).toContain('On-demand contexts: prod and staging\n');

    await run('forget', '--all');
    expect((await run('status')).stdout).not.toContain('On-demand');
    expect((await json('status')).document.kept).toEqual([]);
  });

  it('removes one, open or not, then all; forget is its other name', async () => {
    await run('connect', 'prod', 'staging', '--switch', '--production');
    await run('disconnect', 'prod');
    expect((await json('forget', 'prod')).document.forgotten).toMatchObject([{ title: 'prod' }]);
    expect((await run('remove', 'staging')).stdout).toBe(
      '✓ staging  removed from the kubeconfig\nCurrent context: none\n',
    );
    expect((await run('forget', '--all')).stdout).toBe('The kubeconfig has no context of these clusters.\n');
    expect((await json('forget', 'prod', '--all')).code).toBe(2);
  });

  it('replaces the passwords of one, then of all, connected or not', async () => {
    await run('connect', 'prod', 'staging', '--switch', '--production');
    await run('disconnect', 'prod');
    expect((await json('rotate', 'prod')).document.rotated).toMatchObject([{ title: 'prod' }]);
    expect((await run('rotate', '--all')).stdout).toMatch(
      /^✓ \S+ {2}new password\n✓ \S+ {2}new password\nPrograms that are running may need a restart/,
    );
    expect((await json('rotate', 'prod', '--all')).code).toBe(2);
    await run('forget', '--all');
    expect((await run('rotate', '--all')).stdout).toBe('The kubeconfig has no password of these clusters.\n');
  });
});

describe('settings', () => {
  it('shows, changes and refuses', async () => {
    expect((await run('settings', 'kubeconfigMode')).stdout).toBe('switch\n');
    expect((await json('settings', 'catalogMaxAgeMinutes', '5')).document).toEqual({
      catalogMaxAgeMinutes: 5,
    });
    expect((await json('settings', 'awsRegions', 'eu-west-1, us-east-1')).document).toEqual({
      awsRegions: ['eu-west-1', 'us-east-1'],
    });
    expect((await json('settings')).document).toMatchObject({
      catalogMaxAgeMinutes: 5,
      kubeconfigMode: 'switch',
    });
    const wrong = await json('settings', 'kubeconfigMode', 'sometimes');
    expect(wrong).toMatchObject({ code: 2, document: { error: { code: 'bad-input' } } });
    expect((await run('settings')).stdout).toMatch(/^extraAuthorities +organisation$/m);
    const managed = await json('settings', 'extraAuthorities', '/ca.pem');
    expect(managed).toMatchObject({ code: 2, document: { error: { code: 'setting-managed' } } });
    const unknown = await run('settings', 'colour');
    expect(unknown.code).toBe(2);
    expect(unknown.stderr).toContain('The settings are kubeconfigMode,');
  });
});

describe('credential', () => {
  it('answers kubectl, in the version it asks for', async () => {
    const apiVersion = 'client.authentication.k8s.io/v1beta1';
    const { stdout, stderr, code } = await runCli(['credential', 'prod'], {
      env: { ...rig.home.env, KUBERNETES_EXEC_INFO: JSON.stringify({ apiVersion }) },
    });
    expect([code, stderr]).toEqual([0, '']);
    expect(JSON.parse(stdout)).toEqual({
      kind: 'ExecCredential',
      apiVersion,
      status: { token: 'token-of-prod' },
    });
  });

  it('tells kubectl on stderr what is wrong and what to do, in one line', async () => {
    const { stdout, stderr, code } = await run('credential', 'nothing');
    expect([code, stdout]).toEqual([4, '']);
    // Some clients show the first line alone: what to do is in it.
    expect(stderr).toMatch(/^✗ There is no cluster called "nothing"\. \S.*\n$/);
    expect((await json('credential', 'nothing')).document.error).toMatchObject({ code: 'not-found' });
  });
});

describe('lint-tags', () => {
  it('prints each finding with its command, and fails with 6 for errors only, or strictly', async () => {
    const { code, stdout, stderr } = await run('lint-tags');
    expect(code).toBe(6);
    expect(stdout).toContain(
      [
        '✗ mistagged  eks Payments (444455556666) eu-west-1',
        '  k8s-tunnels-origin is "carrier-pigeon". Set it to socks, tcp or https, or remove it (socks). For <PROFILE>, write a profile of ~/.aws/config that reaches account 444455556666. If you have none, `aws configure sso` makes one.',
        "aws eks untag-resource --region eu-west-1 --resource-arn arn:aws:eks:eu-west-1:444455556666:cluster/mistagged --profile '<PROFILE>' --tag-keys k8s-tunnels-origin",
        '',
      ].join('\n'),
    );
    expect(stdout).toContain("--tags 'k8s-tunnels-hostname=<HOSTNAME>'");
    expect(stderr).toContain('Not checked, because it could not be loaded: eks 1 us-east-1. ');
    expect(stderr).toContain('Checked 8 clusters: 1 error, 3 warnings.');
    expect((await json('lint-tags')).document).toMatchObject({
      clusters: 8,
      errors: 1,
      warnings: 3,
      failed: [{ account: '1', region: 'us-east-1' }],
      unread: [],
      complete: false,
    });
  });

  it('looks at one source', async () => {
    const strict = ['lint-tags', '--source', 'gke', '--strict'];
    // Nobody is signed in there: a check of nothing is none.
    const { code, stderr } = await run(...strict);
    expect(code).toBe(7);
    expect(stderr).toContain('No location of gke was read. Sign in first: `k8s-tunnels accounts` lists');
    expect((await json(...strict)).document).toMatchObject({ clusters: 0, complete: false });
    expect((await run(...strict, '--allow-unread')).code).toBe(0);
    expect((await run('lint-tags', '--source', 'cloud')).code).toBe(2);
  });

  it('looks anew only when it is asked to, or what is known is old', async () => {
    const discoveries = () => rig.agent.calls.filter(({ name }) => name === 'discover').length;
    await run('lint-tags');
    expect(discoveries()).toBe(0);
    await run('lint-tags', '--fresh');
    expect(discoveries()).toBe(1);
  });
});

describe('tags', () => {
  it('shows what is in force and where it comes from', async () => {
    const { stdout, code } = await run('tags', 'mistagged');
    expect(code).toBe(0);
    expect(stdout).toBe(
      ['name   mistagged         its name in eks', 'owner  team@example.com  tag k8s-tunnels-owner', ''].join(
        '\n',
      ),
    );
  });

  it('prints commands for a change, and changes nothing', async () => {
    const { stdout, stderr, code } = await run(
      'tags',
      'untagged',
      '--set',
      'hostname=K8s.example.com',
      '--set',
      "name=Ada's",
    );
    expect(code).toBe(0);
    expect(stdout).toBe(
      `aws eks tag-resource --region eu-west-1 --resource-arn arn:aws:eks:eu-west-1:444455556666:cluster/untagged --profile '<PROFILE>' --tags '{"k8s-tunnels-hostname":"k8s.example.com","k8s-tunnels-name":"Ada'\\''s"}'\n`,
    );
    expect(stderr).toContain(
      'For <PROFILE>, write a profile of ~/.aws/config that reaches account 444455556666.',
    );
    const { document } = await json('tags', 'mistagged', '--unset', 'origin');
    expect(document.hint).toContain('For <PROFILE>, write');
    expect(document.commands).toEqual([expect.stringContaining('untag-resource')]);
  });

  it.each([
    [['--set', 'hostname=https://k8s.example.com/'], 'not a hostname'],
    [['--set', 'hostnme=k8s.example.com'], 'Did you mean hostname?'],
    [['--set', 'owner'], 'k8s-tunnels-owner is empty'],
    [['--set', 'owner=a', '--unset', 'owner'], 'both set and unset'],
  ])('refuses %j', async (args, words) => {
    const { code, stdout, stderr } = await run('tags', 'untagged', ...args);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(words);
  });
});

describe('logout --all', () => {
  it('signs out of every session that it manages, also where one fails, and ends with that error', async () => {
    const { code, stdout, stderr } = await run('logout', '--all');
    expect(stdout.trim().split('\n')).toEqual([
      '✓ Removed: access acme',
      '✓ Removed: vault one',
      '✓ Removed: vault two',
    ]);
    expect([code, stderr]).toEqual([1, expect.stringContaining('The session of AWS cannot be removed.')]);
    expect((await json('logout', '--all')).document.error).toMatchObject({ code: 'file-unreadable' });
  });

  it('of one provider signs out of its sessions alone', async () => {
    const { code, document } = await json('logout', 'vault', '--all');
    expect({ code, document }).toEqual({
      code: 0,
      document: { removed: ['vault one', 'vault two'], remaining: [] },
    });
    expect(await run('logout', 'gcp', '--all')).toMatchObject({ code: 0, stdout: 'Nothing to remove.\n' });
    expect(await run('logout', 'vault')).toMatchObject({ code: 2 });
  });
});

describe('usage', () => {
  it.each([
    [['conect', 'prod'], 'Did you mean connect?'],
    [['connect'], 'name clusters, or a set with --set'],
    [['connect', 'prod', '--set', 'both'], 'name clusters, or a set with --set'],
    [['connect', 'prod', '--add', '--switch'], 'exclude each other'],
    [['status', '--loud'], "unknown option '--loud'"],
    [['agent', '--idle-exit', 'soon'], '--idle-exit is "soon"'],
  ])('refuses %j with 2', async (args, message) => {
    const { code, stdout, stderr } = await run(...args);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(message);
    expect((await json(...args)).document.error).toMatchObject({ code: 'bad-input' });
  });

  it('shows help and fails when there is neither a command nor a terminal', async () => {
    const { code, stdout, stderr } = await run();
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain('Exit codes:');
    expect(await run('--help')).toMatchObject({ code: 0, stderr: '' });
  });

  it.each(['list', 'credential', 'quit', 'agent'])('names a missing HOME (%s)', async (command) => {
    const args = command === 'credential' ? [command, 'prod', '--json'] : [command, '--json'];
    const { code, stdout } = await runCli(args, { env: { PATH: '/usr/bin:/bin' } });
    expect(code).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'home-missing' } });
  });
});
