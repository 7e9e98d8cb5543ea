import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { type Channel, localChannel } from '../../../main/api/channel.ts';
import type { OperationName } from '../../../main/api/contract.ts';
import { operations } from '../../../main/api/contract.ts';
import { type Confirm, guardedChannel } from '../../../main/api/web/guard.ts';
import { pageRules, type Question, terminalCommand } from '../../../main/api/web/sensitive.ts';
import type { PageMessage } from '../../../main/api/web/socket.ts';
import { startLocalAgent } from './local-agent.ts';

let agent: Awaited<ReturnType<typeof startLocalAgent>>;
beforeAll(async () => {
  agent = await startLocalAgent();
});
afterAll(() => agent.close());

let asked: Question[];
beforeEach(() => {
  asked = [];
});

/** A page's end of the conversation, before a user who answers like this. */
async function openPage(answer: boolean | undefined | 'nobody' | 'waits') {
  const came: PageMessage[] = [];
  const confirm: Confirm = async (question, signal) => {
    asked.push(question);
    if (answer !== 'waits') return answer === true;
    return new Promise((_, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason));
    });
  };
  const channel: Channel = await guardedChannel(
    localChannel(agent.served),
    answer === 'nobody' ? undefined : confirm,
  )({
    onMessage: (message) => came.push(message),
    onConfirmation: (confirmation) => came.push({ confirmation }),
    onEnd() {},
  });
  let id = 0;
  const send = (operation: string, input: unknown) => {
    id += 1;
    channel.send({ id, operation, input });
    return id;
  };
  const answerTo = (sent: number) =>
    vi.waitUntil(() => came.find((message) => 'id' in message && message.id === sent), {
      timeout: 10_000,
      interval: 5,
    });
  return {
    came,
    channel,
    send,
    answerTo,
    call: (operation: string, input: unknown) => answerTo(send(operation, input)),
  };
}

const sensitive = [
  ['settings-set', { clusterFiles: ['/tmp/x.yaml'] }, 'k8s-tunnels settings clusterFiles /tmp/x.yaml'],
  ['settings-set', { environmentFile: '/tmp/x.env' }, 'k8s-tunnels settings environmentFile /tmp/x.env'],
  ['settings-set', { extraAuthorities: '/tmp/x.pem' }, 'k8s-tunnels settings extraAuthorities /tmp/x.pem'],
  ['settings-set', { kubeconfigPath: '/tmp/config' }, 'k8s-tunnels settings kubeconfigPath /tmp/config'],
  ['settings-set', { audit: false }, 'k8s-tunnels settings audit false'],
  [
    'settings-set',
    { auditExport: 'https://otel.example.com/v1/logs' },
    'k8s-tunnels settings auditExport https://otel.example.com/v1/logs',
  ],
  ['settings-set', { startAtLogin: true, listGroup: 'none' }, 'k8s-tunnels settings startAtLogin true'],
  ['setup-preview', { source: '/etc/shadow' }, 'k8s-tunnels setup /etc/shadow'],
  ['setup-remove', {}, 'k8s-tunnels setup --remove'],
] as const;

describe('what leads to running a program or reading a file', () => {
  const settings = () => agent.served.handlers['settings-get']({}, { signal: new AbortController().signal });

  test.each(sensitive)(
    '%s %j is refused with the command where nobody can be asked',
    async (name, input, command) => {
      const before = await settings();
      const { call } = await openPage('nobody');
      const answer = await call(name, input);
      expect(answer).toMatchObject({
        error: { code: 'confirmation-needed', hint: `Run it in a terminal: ${command}` },
      });
      expect(await settings()).toEqual(before);
    },
  );

  test.each(sensitive)('%s %j is not done on a no', async (name, input) => {
    const before = await settings();
    const { call, came } = await openPage(false);
    expect(await call(name, input)).toMatchObject({ error: { code: 'confirmation-needed' } });
    expect(asked).toHaveLength(1);
    expect(came.slice(0, 2)).toEqual([{ confirmation: 'asked' }, { confirmation: 'answered' }]);
    expect(await settings()).toEqual(before);
  });

  test('is done on a yes, which was told exactly what changes', async () => {
    const { call } = await openPage(true);
    const patch = { clusterFiles: ['~/a.yaml', '/b.yaml'], favouritesOrder: 'name' };
    expect(await call('settings-set', patch)).toMatchObject({ output: patch });
    expect(asked).toMatchObject([
      { kind: 'settings', changes: [{ name: 'clusterFiles', before: '', after: '~/a.yaml,/b.yaml' }] },
    ]);
    // The same again changes nothing; the default does.
    expect(await call('settings-set', patch)).toMatchObject({ output: patch });
    expect(asked).toHaveLength(1);
    expect(await call('settings-reset', { names: ['clusterFiles', 'listGroup'] })).toMatchObject({
      output: { clusterFiles: [] },
    });
    expect(asked[1]).toMatchObject({ changes: [{ name: 'clusterFiles', isReset: true }] });
    expect(asked[1] && terminalCommand(asked[1])).toBe('k8s-tunnels settings clusterFiles --reset');
  });

  test('is taken back with the page, and with the call', async () => {
    const { channel, send, answerTo } = await openPage('waits');
    const first = send('settings-set', { extraAuthorities: '/tmp/x.pem' });
    await vi.waitUntil(() => asked.length === 1);
    channel.send({ id: first, cancel: true });
    expect(await answerTo(first)).toMatchObject({ error: { code: 'cancelled' } });
    const second = send('settings-set', { extraAuthorities: '/tmp/x.pem' });
    await vi.waitUntil(() => asked.length === 2);
    channel.close();
    expect(await answerTo(second)).toMatchObject({ error: { code: 'cancelled' } });
    expect(await settings()).toMatchObject({ extraAuthorities: '' });
  });

  test('a command holds no word of the page that a shell might read', () => {
    const command = (after: string) =>
      terminalCommand({
        kind: 'settings',
        changes: [{ name: 'clusterFiles', before: '', after, isReset: false, why: '' }],
      });
    for (const word of [
      "x'; touch P; echo '",
      '$(id)',
      'a b',
      '-x',
      '`id`',
      'a;b',
      'a\nb',
      '\u202ex',
      '',
      'a&b',
      'x|y',
    ])
      expect(command(word)).toBe('k8s-tunnels settings clusterFiles VALUE');
    expect(command('/a,~/b')).toBe("k8s-tunnels settings clusterFiles '/a,~/b'");
  });
});

describe('a page', () => {
  test('gets no credential, cannot end the agent, and names no kubeconfig', async () => {
    const { call } = await openPage(true);
    const place = { cwd: '/', home: '/', kubeconfig: '/tmp/config' };
    const environment = { cwd: '/', variables: { AWS_CONFIG_FILE: '/tmp/config' } };
    for (const [name, input] of [
      ['credential', { cluster: 'x' }],
      ['quit', {}],
      ['hand-over', {}],
      ['connect', { clusters: ['x'], place }],
      ['disconnect', { clusters: 'all', place }],
      ['forget', { clusters: 'all', place }],
      ['switch', { cluster: 'x', place }],
      ['kubectl', { place }],
      // They may name a program.
      ['discover', { environment }],
      ['connect', { clusters: ['x'], environment }],
      ['accounts', { environment }],
      ['login', { provider: 'aws', environment }],
      ['logout', { provider: 'aws', environment }],
    ] as const)
      expect(await call(name, input)).toMatchObject({ error: { code: 'bad-input' } });
    expect(asked).toEqual([]);
  });

  test('has its messages parsed before the agent sees them', async () => {
    const { call, channel, came } = await openPage(true);
    for (const [name, input] of [
      ['settings-set', { newSetting: '/etc/passwd' }],
      ['settings-set', { clusterFiles: '/etc/passwd' }],
      ['settings-reset', { names: ['unknown'] }],
      ['absent', {}],
      ['__proto__', {}],
      ['toString', {}],
    ] as const)
      expect(await call(name, input)).toMatchObject({ error: { code: 'bad-input' } });
    const seen = came.length;
    for (const strange of [7, null, 'x', [], {}, { id: 'x' }, { operation: 'quit' }])
      channel.send(strange as never);
    expect(came.slice(seen)).toHaveLength(7);
    for (const message of came.slice(seen))
      expect(message).toMatchObject({ id: 0, error: { code: 'bad-input' } });
    // Ours or not, what it is not asked for stays out.
    expect(await call('settings-get', { more: 1 })).toMatchObject({ output: {} });
  });

  test('every operation of the contract has its rule', () => {
    const names = Object.keys(operations) as OperationName[];
    expect(new Set(Object.keys(pageRules))).toEqual(new Set(names));
  });
});
