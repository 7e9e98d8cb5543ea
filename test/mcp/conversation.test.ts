import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { version } from '../../main/agent/version.ts';
import { serveMcp } from '../../main/mcp/serve.ts';
import { eventList, pod, podTable } from './objects.ts';
import { type McpRig, startMcpRig } from './rig.ts';

// The bytes of whole conversations: JSON lines, as clients send and read them. After a wanted change, `-u` of vitest records
// the conversation again: read the difference.

interface Message {
  readonly id?: number;
  readonly result?: { readonly protocolVersion?: string };
  readonly error?: { readonly code: number };
}

let rig: McpRig;
let input: PassThrough;
let logged: string[];
let served: Promise<void>;
let next: (text: string) => Promise<Message>;
let printed: string[];
beforeEach(async () => {
  rig = await startMcpRig();
  input = new PassThrough();
  const output = new PassThrough();
  logged = [];
  printed = [];
  const lines = createInterface({ input: output });
  lines.on('line', (line) => printed.push(line));
  next = async (text) => {
    const answer = once(lines, 'line');
    input.write(`${text}\n`);
    return JSON.parse(String((await answer)[0])) as Message;
  };
  served = serveMcp({
    reach: async () => ({ call: rig.call, close() {} }),
    input,
    output,
    pid: 7,
    log: (text) => logged.push(text),
  });
});
afterEach(async () => {
  input.end();
  await served;
  await rig.close();
});

const initialize = (protocolVersion: string) => ({
  jsonrpc: '2.0',
  id: 0,
  method: 'initialize',
  params: { protocolVersion, capabilities: {}, clientInfo: { name: 'recorded', version: '1' } },
});
const initialized = { jsonrpc: '2.0', method: 'notifications/initialized' };

test('a conversation is as it was recorded', async () => {
  rig.confirmed = 'declined';
  const at = '/api/v1/namespaces/shop';
  for (const [path, answer] of [
    [`${at}/pods`, podTable],
    [`${at}/pods/web-1`, pod],
    [`${at}/pods/web-2/log`, '2026-11-28T10:04:59Z \u001b[31mpanic\u001b[0m: token=hunter2\n'],
    [`${at}/events`, eventList],
  ] as const)
    rig.answers.set(path, answer);
  const cluster = 'orders-staging';
  const recorded: string[] = [];
  const record = (from: 'client' | 'server', message: unknown) =>
    recorded.push(
      JSON.stringify({ from, message }).replaceAll(`"version":"${version}"`, '"version":"<version>"'),
    );
  let id = 0;
  const ask = async (method: string, params: object) => {
    id += 1;
    const message = { jsonrpc: '2.0', id, method, params };
    record('client', message);
    record('server', await next(JSON.stringify(message)));
  };
  record('client', initialize('2025-06-18'));
  record('server', await next(JSON.stringify(initialize('2025-06-18'))));
  record('client', initialized);
  input.write(`${JSON.stringify(initialized)}\n`);
  await ask('tools/list', {});
  for (const [name, args] of [
    ['list_clusters', { search: 'orders' }],
    ['get', { cluster, kind: 'pods' }],
    ['connect', { cluster }],
    ['get', { cluster, kind: 'pods' }],
    ['describe', { cluster, kind: 'pod', name: 'web-1' }],
    ['logs', { cluster, pod: 'web-2', tail: 20 }],
    ['events', { cluster }],
    ['connect', { cluster: 'orders-prod' }],
    ['get', { cluster, kind: 'pods', name: 'gone' }],
    ['more', { page: 'page-9' }],
  ] as const)
    await ask('tools/call', { name, arguments: args });
  expect(recorded.join('\n')).not.toContain('hunter2"');
  await expect(`${recorded.join('\n')}\n`).toMatchFileSnapshot('conversation.jsonl');
  expect(logged).toEqual([]);
});

test.each([
  ['2024-11-05', '2024-11-05'],
  ['2025-03-26', '2025-03-26'],
  ['1999-01-01', expect.stringMatching(/^20\d\d-\d\d-\d\d$/)],
])('a client that speaks %s gets a version that both speak', async (asked, answered) => {
  const { result } = await next(JSON.stringify(initialize(asked)));
  expect(result?.protocolVersion).toEqual(answered);
});

test('what is no message is logged and passed over, and an unknown method or tool is an error', async () => {
  await next(JSON.stringify(initialize('2025-06-18')));
  input.write('not a message\n');
  expect((await next('{"jsonrpc":"2.0","id":1,"method":"tools/delete"}')).error?.code).toBe(-32_601);
  expect(logged).toHaveLength(1);
  const unknown = await next(
    '{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"apply","arguments":{}}}',
  );
  expect(JSON.stringify(unknown)).toContain('apply');
  for (const line of printed) expect(JSON.parse(line)).toMatchObject({ jsonrpc: '2.0' });
});

test('the end of the input ends the server, after the calls in progress, with all that it has open', async () => {
  await next(JSON.stringify(initialize('2025-06-18')));
  const call = {
    jsonrpc: '2.0',
    id: 5,
    method: 'tools/call',
    params: { name: 'connect', arguments: { cluster: 'orders-staging' } },
  };
  input.end(`${JSON.stringify(call)}\n`);
  await served;
  await vi.waitFor(() => expect(printed.at(-1)).toContain('"id":5'));
  expect(rig.calls.at(-1)).toEqual({ name: 'mcp-end', input: { pid: 7 } });
});

test('a message without an end ends the server, not the memory', async () => {
  const chunk = Buffer.alloc(1024 * 1024, 'x');
  for (let at = 0; at < 12; at += 1) input.write(chunk);
  await served;
  expect(logged.join()).toContain('maximum size');
});
