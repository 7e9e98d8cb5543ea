import { describe, expect, it } from 'vitest';
import { fakeAgentRig } from './fake-agent-rig.ts';
import { runInTerminal } from './terminal.ts';

const rig = fakeAgentRig();
const { run } = rig;

interface Document {
  readonly unlocks?: readonly object[];
  readonly [name: string]: unknown;
}
const json = (...args: readonly string[]) => rig.json<Document>(...args);
const unlocking = ['unlock', 'prod', '--reason', 'INC-4711: restart', '--for', '15m'];
const inTerminal = it.runIf(process.platform === 'linux');
const answer = (keys: string) =>
  runInTerminal({ args: unlocking, env: rig.home.env, when: 'Unlock it?', keys });
/** What is chosen first is the no. */
const [yes, no] = ['\u001b[D\r', '\r'];

describe('unlock', () => {
  it('needs a terminal to ask in: no flag answers', async () => {
    const { code, stderr } = await run(...unlocking);
    expect(code).toBe(2);
    expect(stderr).toContain(
      'prod is a production cluster.\n  Run the command in a terminal, which asks you.',
    );
    for (const flag of ['--production', '--yes'])
      expect((await run(...unlocking, flag)).stderr).toContain(`unknown option '${flag}'`);
    expect((await json(...unlocking)).document).toMatchObject({ error: { code: 'production-unconfirmed' } });
    expect((await json('status')).document.unlocks).toEqual([]);
  });

  it('needs a reason, and a time that is one', async () => {
    expect(await run('unlock', 'prod')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--reason'),
    });
    expect((await run('unlock', 'prod', '--reason', '')).code).toBe(2);
    expect((await run('unlock', 'prod', '--reason', 'x', '--for', 'soon')).stderr).toContain('30m, 2h');
  });

  inTerminal('asks in a terminal, and unlocks after a yes alone', async () => {
    expect(await answer(no)).toMatchObject({ code: 130 });
    expect((await json('status')).document.unlocks).toEqual([]);
    const { code, screen } = await answer(yes);
    expect(code).toBe(0);
    expect(screen).toContain('prod is unlocked for');
    expect(screen).toContain('Lock it earlier: k8s-tunnels lock prod');
    const { document } = await json('status');
    expect(document.unlocks).toMatchObject([
      {
        title: 'prod',
        reason: 'INC-4711: restart',
        who: 'ada@acme.example',
        until: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
      },
    ]);
    expect((await run('status')).stdout).toMatch(
      /^! prod is unlocked for writing, 15m left, as ada@acme\.example\. Reason: INC-4711: restart\. Lock it: k8s-tunnels lock prod$/m,
    );
    expect((await run('lock', 'prod')).stdout).toBe('prod is read-only again.\n');
    expect((await json('status')).document.unlocks).toEqual([]);
  });
});

it('status says which production clusters are read-only, and what unlocks them', async () => {
  await run('connect', 'prod', 'staging');
  expect((await run('status')).stdout).not.toContain('read-only');
  await run('settings', 'productionReadOnly', 'true');
  const lines = (await run('status')).stdout.split('\n');
  expect(lines).toContain(
    'prod is production and read-only. Unlock it: k8s-tunnels unlock prod --reason TEXT',
  );
  expect(lines.filter((line) => line.includes('read-only. Unlock'))).toHaveLength(1);
});

it('lock needs names or --all, and does nothing where nothing is unlocked', async () => {
  expect((await run('lock')).code).toBe(2);
  expect((await run('lock', 'prod', '--all')).code).toBe(2);
  expect((await run('lock', '--all')).stdout).toBe('No production cluster was unlocked.\n');
});
