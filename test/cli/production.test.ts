import { describe, expect, it } from 'vitest';
import { minutesFrom } from '../../main/cli/duration.ts';
import { fakeAgentRig } from './fake-agent-rig.ts';
import { runInTerminal, startInTerminal } from './terminal.ts';

const rig = fakeAgentRig();
const { run } = rig;

interface Document {
  readonly tunnels?: readonly { readonly title: string }[];
  readonly kubectl?: { readonly context?: string };
  readonly [name: string]: unknown;
}
const json = (...args: readonly string[]) => rig.json<Document>(...args);
const open = async () => (await json('status')).document.tunnels?.map(({ title }) => title);
const context = async () => (await json('status')).document.kubectl?.context;
const asked = (args: readonly string[], when: string, keys: string) =>
  runInTerminal({ args, env: rig.home.env, when, keys });
/** What is chosen first is the no. */
const [yes, no, cancel] = ['\u001b[D\r', '\r', '\u0003'];

// Elsewhere `script` takes other options.
const inTerminal = it.runIf(process.platform === 'linux');

describe('to connect production', () => {
  it('does not switch, and says so', async () => {
    await run('connect', 'staging');
    const { code, stdout, stderr } = await run('connect', 'prod');
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toBe(
      [
        '✓ prod  connected in 12 ms  context prod  127.0.0.1:21000',
        'Current context: staging',
        'The current context was not switched: prod is a production cluster.',
        'To switch: k8s-tunnels switch prod',
        '  kubectl --context prod get namespaces',
        '',
      ].join('\n'),
    );
    expect(await json('connect', 'prod')).toMatchObject({
      code: 0,
      document: { stays: [{ title: 'prod' }], kubectl: { context: 'staging' } },
    });
  });

  it('beside others does not switch either, also with --production', async () => {
    for (const more of [[], ['--production']])
      expect((await run('connect', 'staging', 'prod', ...more)).stdout).toContain(
        'The current context was not switched: prod is a production cluster.',
      );
    expect(await context()).toBeUndefined();
  });

  it('with --switch is refused without a terminal to ask in, unless --production', async () => {
    const { code, stdout, stderr } = await run('connect', 'prod', '--switch');
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain('✗ prod is a production cluster: the current context switches to it only');
    expect(stderr).toContain('--production');
    expect((await json('connect', 'prod', '--switch')).document.error).toMatchObject({
      code: 'production-unconfirmed',
    });
    expect(await open()).toEqual([]);
    const { stdout: confirmed } = await run('connect', 'prod', '--switch', '--production');
    expect(confirmed).toContain('Current context: prod (production)\n');
  });

  inTerminal('asks nothing in a terminal', async () => {
    const terminal = startInTerminal({ args: ['connect', 'prod'], env: rig.home.env });
    expect(await terminal.ended).toBe(0);
    expect(terminal.screen()).toContain(
      'The current context was not switched: prod is a production cluster.',
    );
    expect(terminal.screen()).not.toContain('?');
  });

  inTerminal.each([
    [yes, 0, 'Current context: prod (production)'],
    [no, 130, 'Nothing was changed'],
    [cancel, 130, 'Nothing was changed'],
  ])('with --switch asks in a terminal: %j', async (keys, code, words) => {
    const answer = await asked(['connect', 'prod', '--switch'], 'Switch to production?', keys);
    expect(answer).toMatchObject({ code, screen: expect.stringContaining(words) });
    expect(answer.screen).toContain('prod is a production cluster');
    expect(await open()).toHaveLength(code === 0 ? 1 : 0);
  });
});

describe('to switch to production', () => {
  it('is refused without a terminal to ask in, unless --production; where it is current, nothing is asked', async () => {
    await run('connect', 'prod');
    expect(await json('switch', 'prod')).toMatchObject({
      code: 2,
      document: { error: { code: 'production-unconfirmed' } },
    });
    expect((await run('switch', 'prod', '--production')).stdout).toBe('Current context: prod (production)\n');
    const again = await run('connect', 'prod', '--switch');
    expect([again.code, again.stdout]).toEqual([0, expect.not.stringContaining('not switched')]);
  });

  inTerminal.each([
    [yes, 0],
    [no, 130],
  ])('asks in a terminal: %j', async (keys, code) => {
    await run('connect', 'prod');
    expect(await asked(['switch', 'prod'], 'Switch to production?', keys)).toMatchObject({ code });
    expect(await context()).toBe(code === 0 ? 'prod' : undefined);
  });
});

describe('a set with production', () => {
  it('connects the others where nobody can be asked, and says so by name and code', async () => {
    const { code, stdout, stderr } = await run('connect', '--set', 'both');
    expect(code).toBe(1);
    expect(stdout).toContain('✓ staging');
    expect(stdout).not.toContain('prod');
    expect(stderr).toContain('! prod is a production cluster and was not connected. Add --production');
    expect(await open()).toEqual(['staging']);
    expect(await json('connect', '--set', 'both')).toMatchObject({
      code: 1,
      document: { left: [{ title: 'prod' }] },
    });
  });

  it('is connected with --production, which is no switch', async () => {
    const { code, stdout } = await run('connect', '--set', 'both', '--production');
    expect(code).toBe(0);
    expect(stdout).toContain('The current context was not switched: prod is a production cluster.');
    expect(await open()).toEqual(['prod', 'staging']);
    expect(await context()).toBeUndefined();
  });

  inTerminal.each([
    [yes, 0, ['prod', 'staging']],
    [no, 0, ['staging']],
    [cancel, 130, []],
  ])('asks for it by name in a terminal: %j', async (keys, code, opened) => {
    const answer = await asked(['connect', '--set', 'both'], 'Connect production?', keys);
    expect(answer.code).toBe(code);
    expect(answer.screen).toContain('prod is a production cluster: it is connected only when you confirm.');
    expect(await open()).toEqual(opened);
  });
});

describe('a switch for some time', () => {
  it('shows what is left of it and what comes after, there and in status', async () => {
    await run('connect', 'prod', 'staging', '--add');
    await run('switch', 'staging');
    const line = 'Current context: prod (production, 30m left, then staging)';
    expect((await run('switch', 'prod', '--for', '30m', '--production')).stdout).toBe(`${line}\n`);
    expect((await run('status')).stdout.split('\n')).toContain(line);
    expect((await json('status')).document.kubectl).toMatchObject({
      production: true,
      limit: { until: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/), back: 'staging' },
    });
    expect((await run('switch', '-')).stdout).toBe('Current context: staging\n');
  });

  it('is a switch: connect asks with it as with --switch', async () => {
    expect(await json('connect', 'prod', '--for', '1h')).toMatchObject({
      document: { error: { code: 'production-unconfirmed' } },
    });
    const { stdout } = await run('connect', 'prod', '--for', '1h', '--production');
    expect(stdout).toContain('Current context: prod (production, 1h left, then none)\n');
    expect((await json('connect', 'prod', '--for', '1h', '--add')).code).toBe(2);
  });

  it('takes no time that is none', async () => {
    const { code, stderr } = await run('switch', 'prod', '--for=soon');
    expect(code).toBe(2);
    expect(stderr).toContain('Write it as 30m, 2h or 1h30m.');
    for (const time of ['30', '0m', '25h', '-5m', '', '1m30s'])
      expect(() => minutesFrom(time), time).toThrow('which is not a time from 1m to 24h');
  });

  it.each([
    ['1m', 1],
    ['2h', 120],
    ['1h30m', 90],
    ['24h', 1_440],
  ])('takes the time %s', (text, minutes) => {
    expect(minutesFrom(text)).toBe(minutes);
  });
});

it('a connect that switches says so, with the command that undoes it', async () => {
  await run('connect', 'denied', 'staging');
  const { stdout } = await run('connect', 'mistagged');
  expect(stdout).toContain('Current context: mistagged\nSwitched from staging. Undo: k8s-tunnels switch -\n');
  expect((await run('switch', '-')).stdout).toBe('Current context: staging\n');
  expect((await run('connect', 'staging')).stdout).not.toContain('Undo');
});

it.each(['disconnect', 'remove', 'forget'])('%s never asks about production', async (verb) => {
  await run('connect', 'prod', '--switch', '--production');
  expect((await run(verb, 'prod')).code).toBe(0);
  expect([await open(), await context()]).toEqual([[], undefined]);
});

it.each([
  ['disconnect', 'disconnect'],
  ['remove', 'remove'],
  ['forget', 'remove'],
  ['rotate', 'rotate'],
])('%s without a name is an error that says what to type, and changes nothing', async (verb, said) => {
  await run('connect', 'staging');
  const { code, stderr } = await run(verb);
  expect(code).toBe(2);
  expect(stderr).toContain(
    `name a cluster (k8s-tunnels ${said} <cluster>), or give --all (k8s-tunnels ${said} --all)`,
  );
  expect(await json(verb)).toMatchObject({ code: 2, document: { error: { code: 'bad-input' } } });
  expect(await open()).toEqual(['staging']);
  expect((await run(verb, '--all')).code).toBe(0);
});

describe('the picker', () => {
  inTerminal('marks production, and the current context', async () => {
    await run('connect', 'prod', '--switch', '--production');
    const terminal = startInTerminal({ args: [], env: rig.home.env });
    await terminal.shows(/Clusters to connect · Current context: prod \(production\)/);
    await terminal.shows(/prod {2}production \(current context\)/);
    await terminal.end();
  });

  inTerminal('connects production without a switch and without a question', async () => {
    const terminal = startInTerminal({ args: [], env: rig.home.env });
    await terminal.shows(/Clusters to connect/);
    terminal.press('prod');
    await terminal.shows(/prod {2}production/);
    terminal.press('\t\r');
    await terminal.shows(/The current context was not switched: prod is a production cluster/);
    expect(await terminal.ended).toBe(0);
    expect([await open(), await context()]).toEqual([['prod'], undefined]);
  });
});
