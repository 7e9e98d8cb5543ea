import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { withIsoTimes } from '../../main/cli/json-document.ts';
import { notAuditedLines } from '../../main/cli/not-audited.ts';
import type { Snapshot } from '../../main/model/agent-view.ts';
import type { AuditEntry } from '../../main/model/audit-entry.ts';
import type { ClusterId } from '../../main/model/cluster.ts';
import { defaultSettings, defaultSettingsFrom } from '../../main/model/settings.ts';
import { startFakeAgent } from './fake-agent.ts';
import { type Home, makeHome, runCli } from './run-cli.ts';

let home: Home;
beforeEach(async () => {
  home = await makeHome();
});
afterEach(() => home.remove());
const run = (...args: readonly string[]) => runCli(['audit', ...args], { env: home.env });

const request = {
  event: 'answered',
  at: Date.parse('2026-03-04T17:30:10'),
  cluster: 'eks/1/eu-west-1/payments' as ClusterId,
  title: 'Payments\u001b[31m',
  verb: 'get',
  status: 200,
  bytes: 1_204,
  ms: 12,
} as const;
const entries: readonly AuditEntry[] = [
  {
    ...request,
    client: 'kubectl/v1.33.2',
    resource: 'pods',
    subresource: 'log',
    namespace: 'web',
    name: 'a',
  },
  { ...request, cluster: 'eks/1/eu-west-1/search' as ClusterId, title: 'Search', path: '/version' },
  { event: 'lost', at: request.at, count: 3 },
  {
    ...request,
    verb: 'delete',
    group: 'apps',
    resource: 'deployments',
    namespace: 'web',
    name: 'a',
    status: 403,
    bytes: 300,
    ms: 0,
    refused: true,
    readOnly: true,
  },
  { ...request, event: 'opened', verb: 'watch', resource: 'nodes', bytes: 0, stream: 'x-1' },
  { ...request, event: 'closed', verb: 'watch', resource: 'nodes', stream: 'x-1', incomplete: true },
  { ...request, verb: 'list', resource: 'secrets', status: 403 },
];
const write = async () => {
  await mkdir(home.paths.state, { recursive: true });
  await writeFile(
    path.join(home.paths.state, 'audit.jsonl'),
    entries.map((entry) => `${JSON.stringify(entry)}\n`).join(''),
  );
};

describe('audit, without an agent', () => {
  it('shows the requests, the newest last, with nothing in it that moves the cursor', async () => {
    await write();
    const { stdout, stderr, code } = await run();
    expect([stderr, code]).toEqual(['', 0]);
    const at = '2026-03-04 17:30:10';
    expect(
      stdout
        .trimEnd()
        .split('\n')
        .map((line) => line.replace(/ {2,}/g, '  ')),
    ).toEqual([
      `${at}  ·  Payments  kubectl/v1.33.2  get pods/log  web/a  200  1204 B  12 ms`,
      `${at}  ·  Search  get /version  200  1204 B  12 ms`,
      `${at}  !  3 entries  not written`,
      `${at}  ✗  Payments  read-only  delete deployments.apps  web/a  403, refused here  300 B  0 ms`,
      `${at}  ·  Payments  watch nodes  200, open  12 ms`,
      `${at}  ·  Payments  watch nodes  200, closed  1204 B  12 ms`,
      `${at}  ✗  Payments  list secrets  403  1204 B  12 ms`,
    ]);
  });

  it('is one document for programs', async () => {
    await write();
    const { stdout } = await run('--json', '--limit', '2');
    expect(JSON.parse(stdout)).toEqual({ entries: withIsoTimes(entries.slice(-2)) });
    expect(stdout).not.toContain('\u001b');
  });

  it.each([
    [['--refused'], 3],
    [['--cluster', 'search'], 2],
    [['--cluster', 'eks/1/eu-west-1/payments', '--refused'], 3],
    [['--cluster', 'other'], 1],
    [['--limit', '1'], 1],
  ])('with %j shows %i lines', async (flags, count) => {
    await write();
    expect((await run(...flags)).stdout.trimEnd().split('\n')).toHaveLength(count);
  });

  it('says that there are none', async () => {
    expect(await run()).toMatchObject({ stdout: 'No requests were recorded.\n', code: 0 });
    expect(JSON.parse((await run('--json')).stdout)).toEqual({ entries: [] });
  });

  it.each(['0', '100001', '-1', '1e2', ''])('refuses a limit of %j', async (limit) => {
    const { stdout, stderr, code } = await run(`--limit=${limit}`);
    expect([stdout, code]).toEqual(['', 2]);
    expect(stderr).toContain('1 to 100000');
  });
});

it('audit --metrics prints what the agent counts, and takes no other option', async () => {
  const agent = await startFakeAgent(home.paths);
  expect(await run('--metrics')).toMatchObject({ stdout: '# EOF\n', code: 0 });
  await agent.close();
  expect((await run('--metrics', '--follow')).code).toBe(2);
});

describe('status names what is not audited', () => {
  const reach = { kind: 'tunnel', hostname: 'a.example.com', origin: 'socks' };
  const cluster = (name: string, entryForm?: 'tls' | 'connect') => ({
    id: name,
    title: name,
    entryForm,
    reach,
  });
  const shown = (given: object) =>
    notAuditedLines({
      clusters: [cluster('a'), cluster('b', 'tls'), cluster('c', 'connect')],
      tunnels: [{ cluster: 'a', state: { status: 'connected' } }],
      kept: ['c'],
      settings: defaultSettings,
      settingsFrom: defaultSettingsFrom,
      ...given,
    } as unknown as Snapshot);

  it('where something is audited', () => {
    const line = 'Not audited: a (socks5) and c (connect). Only the entry form tls is.';
    expect(shown({ kept: ['b', 'c'] })).toEqual([line]);
    expect(shown({ terminals: [{ readOnly: {} }] })).toEqual([line]);
  });

  it('where the organisation has decided that requests are', () => {
    const settingsFrom = { ...defaultSettingsFrom, audit: 'organisation' };
    expect(shown({ settingsFrom })).toHaveLength(1);
  });

  it('never production that opens read-only, whatever its tag says', () => {
    const clusters = [cluster('a'), { ...cluster('c', 'connect'), environment: 'production' }];
    const settings = { ...defaultSettings, productionReadOnly: true };
    expect(shown({ clusters, settings })).toEqual(['Not audited: a (socks5). Only the entry form tls is.']);
  });

  it('and nowhere else', () => {
    expect(shown({})).toEqual([]);
    expect(shown({ kept: ['b'], tunnels: [] })).toEqual([]);
    expect(shown({ kept: ['b', 'c'], settings: { ...defaultSettings, audit: false } })).toEqual([]);
  });
});
