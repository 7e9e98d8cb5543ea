import { expect, test, vi } from 'vitest';
import { plainValues } from '../../main/api/plain-values.ts';
import { type AgentMessage, type Served, serveMessages } from '../../main/api/serve-messages.ts';
import type { Change, Snapshot } from '../../main/model/agent-view.ts';
import { AppError } from '../../main/model/app-error.ts';

const odd = 'a\u001b[2J\u202eb';

test('every text of a value is made plain, as deep as it stands; lines stay', () => {
  const value = { a: [odd, { b: odd, notes: 'one\ntwo\u0007' }], n: 1, none: null };
  expect(plainValues(value)).toEqual({ a: ['ab', { b: 'ab', notes: 'one\ntwo' }], n: 1, none: null });
});

test('a value with nothing to do comes back itself', () => {
  const value = { a: ['x', { b: '東京' }], n: undefined };
  expect(plainValues(value)).toBe(value);
});

test('an agent tells a shell nothing else: answers, errors, the snapshot and changes', async () => {
  const listeners = new Set<(change: Change) => void>();
  const served = {
    handlers: {
      findings: async () => ({ awsProfiles: [odd], clusterFiles: [] }),
      accounts: async () => Promise.reject(new AppError('aws-failed', odd, { hint: odd })),
      credential: async () => ({ status: { clientKeyData: '-----BEGIN\nKEY-----\n', token: odd } }),
    },
    feed: {
      snapshot: () => ({ sets: [{ name: odd, clusters: [] }] }) as unknown as Snapshot,
      subscribe(listener: (change: Change) => void) {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
    },
  } as unknown as Served;
  const sent: AgentMessage[] = [];
  const { receive, end } = serveMessages({ served, send: (message) => sent.push(message) });
  receive({ id: 1, operation: 'findings', input: {} });
  receive({ id: 2, operation: 'accounts', input: {} });
  receive({ id: 3, subscribe: true });
  // kubectl's own: what is in it is not shown to anybody.
  receive({ id: 4, operation: 'credential', input: { cluster: 'a' } });
  await vi.waitFor(() => expect(sent).toHaveLength(4));
  for (const listener of listeners)
    listener({ kind: 'notice', notice: { at: 1, level: 'info', message: odd } });
  end();
  expect(sent.slice(4)).toEqual([
    { change: { kind: 'notice', notice: { at: 1, level: 'info', message: 'ab' } } },
  ]);
  expect(sent.find((one) => 'id' in one && one.id === 4)).toMatchObject({
    output: { status: { token: odd } },
  });
  const others = sent.filter((one) => !('id' in one) || one.id !== 4);
  expect(JSON.stringify(others)).not.toMatch(/\\u001b|\u202e/);
});
