import path from 'node:path';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { pathsFrom } from '../../main/agent/paths.ts';
import { connectAgent } from '../../main/api/socket/client.ts';
import type { AuditRequest } from '../../main/model/audit-entry.ts';
import { type CommandLine, createCommandLine } from '../world/demo/command-line.ts';
import { startWorld, type World } from '../world/world.ts';

// The built command line serves the SDK's own client over stdio, against clusters of the world.

const staging = 'payments-staging-eu';
const production = 'payments-prod-eu';

let world: World;
let commandLine: CommandLine;
let transport: StdioClientTransport;
let client: Client;
let said = '';
beforeAll(async () => {
  world = await startWorld();
  commandLine = await createCommandLine(world);
  await commandLine.tunnels('discover');
  transport = new StdioClientTransport({
    command: path.join(commandLine.bin, 'k8s-tunnels'),
    args: ['mcp'],
    env: { ...commandLine.env },
    cwd: world.home,
    stderr: 'pipe',
  });
  transport.stderr?.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  client = new Client({ name: 'test-client', version: '1.0.0' });
  await client.connect(transport);
}, 60_000);
afterAll(async () => {
  await client?.close();
  await commandLine?.stop();
  await world?.close();
});

interface Document {
  readonly untrusted: {
    readonly items?: readonly object[];
    readonly rows?: readonly unknown[][];
    readonly lines?: readonly string[];
  };
  readonly error?: object;
  readonly what?: string;
}
async function use(name: string, args: Record<string, unknown> = {}): Promise<Document> {
  const { content } = await client.callTool({ name, arguments: args });
  return JSON.parse((content as { readonly text: string }[])[0]?.text ?? '') as Document;
}
/** What the window sends when the user answers. */
async function answer(allow: boolean) {
  const { socket, state } = pathsFrom(commandLine.env);
  const agent = await connectAgent({ path: socket, state });
  const question = await vi.waitFor(async () => {
    const { confirmations = [] } = await commandLine.snapshot();
    expect(confirmations).toHaveLength(1);
    return confirmations[0];
  }, 30_000);
  await agent?.call('confirmation-answer', { id: question?.id ?? '', allow });
  agent?.close();
}

test('reads clusters, asks the user about production, and outlives the agent', async () => {
  const listed = await use('list_clusters', { search: 'payments' });
  expect(listed.untrusted.items).toContainEqual(
    expect.objectContaining({ title: production, production: true }),
  );
  expect(await use('connect', { cluster: staging })).toMatchObject({ what: 'connected' });

  const before = world.traffic.served.length;
  const namespace = 'payments-staging';
  const pods = await use('get', { cluster: staging, kind: 'pods', namespace });
  const name = String(pods.untrusted.rows?.[0]?.[0]);
  expect(name).toMatch(/^web-/);
  const described = await use('describe', { cluster: staging, kind: 'pod', name, namespace });
  expect(described.untrusted.items).toMatchObject([{ kind: 'Pod', name, status: { phase: 'Running' } }]);
  expect(
    (await use('logs', { cluster: staging, pod: name, namespace, tail: 5 })).untrusted.lines,
  ).not.toEqual([]);
  expect((await use('events', { cluster: staging, namespace })).error).toBeUndefined();
  expect((await use('get', { cluster: staging, kind: 'secrets', namespace })).error).toBeUndefined();
  expect(
    (await use('get', { cluster: staging, kind: 'deployments.apps', allNamespaces: true })).error,
  ).toBeUndefined();

  const opening = use('connect', { cluster: production });
  await answer(true);
  expect(await opening).toMatchObject({ what: 'connected' });
  const compared = await use('compare', { clusters: [staging, production], kind: 'deployment' });
  expect(compared.untrusted).toMatchObject({
    clusters: [{ title: staging }, { title: production, production: true }],
  });

  // The user sees what it has, and the audit what it did.
  const { terminals = [] } = await commandLine.snapshot();
  expect(terminals.map(({ kind, readOnly, production }) => ({ kind, readOnly, production }))).toEqual(
    expect.arrayContaining([
      { kind: 'mcp', readOnly: {}, production: true },
      { kind: 'mcp', readOnly: {} },
    ]),
  );
  // It is written within a second.
  await vi.waitFor(async () => {
    const { entries } = await commandLine.tunnels<{ entries: readonly AuditRequest[] }>(
      'audit',
      '--limit',
      '500',
    );
    expect(entries).toContainEqual(
      expect.objectContaining({
        verb: 'get',
        resource: 'pods',
        name,
        readOnly: true,
        client: expect.stringMatching(/^mcp\//),
      }),
    );
  });
  const asked = world.traffic.served.slice(before).filter(({ service }) => service === 'kube');
  expect(
    asked
      .map(({ operation }) => operation)
      .filter((one) => !/^(?:get|list|logs?|readyz|version|api\w*|describe|discovery)\b/.test(one)),
  ).toEqual([]);

  // The agent is killed. The next call starts another one, which serves what was open.
  const { agent } = await commandLine.snapshot();
  process.kill(agent.pid, 'SIGKILL');
  expect((await use('get', { cluster: staging, kind: 'pods', namespace })).untrusted.rows).not.toEqual([]);
  expect((await use('get', { cluster: production, kind: 'namespaces' })).error).toBeUndefined();
  const after = await commandLine.snapshot();
  expect(after.agent.pid).not.toBe(agent.pid);
  expect(said).toBe('');

  // With its input it ends, and all that it had.
  await client.close();
  await vi.waitFor(async () => expect((await commandLine.snapshot()).terminals ?? []).toEqual([]), 30_000);
}, 120_000);
