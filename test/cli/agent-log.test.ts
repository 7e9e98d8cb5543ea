import { access, mkdtemp, readFile, rm, stat, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { openAgentLog } from '../../main/cli/agent-log.ts';

test('a log line holds no secret, whatever it is handed; the file is the person’s alone', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'log-'));
  const log = openAgentLog(folder, { K8S_TUNNELS_LOG: 'info' });
  log.info('It said Bearer Marker0123456789ABC', {
    cluster: 'payments-prod',
    reason: new Error('refresh_token=MarkerMarker'),
    answer: { headers: { cookie: 'CF_Authorization=MarkerMarker' }, status: 403 },
  });
  log.debug('not asked for', { reason: 'none' });
  const file = path.join(folder, 'agent.log');
  const text = await readFile(file, 'utf8');
  expect(text).not.toContain('Marker');
  expect(text).not.toContain('not asked for');
  expect(JSON.parse(text)).toMatchObject({ cluster: 'payments-prod', answer: { status: 403 } });
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  await rm(folder, { recursive: true });
});

test('a full disk does not throw', async (context) => {
  const isThere = await access('/dev/full').then(
    () => true,
    () => false,
  );
  if (!isThere) return context.skip('there is no /dev/full');
  const folder = await mkdtemp(path.join(tmpdir(), 'log-'));
  await symlink('/dev/full', path.join(folder, 'agent.log'));
  const log = openAgentLog(folder, {});
  for (let line = 0; line < 3; line++) expect(() => log.info('a line')).not.toThrow();
  await rm(folder, { recursive: true });
});

test('a log line holds nothing that a terminal acts on, and says what it was', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'log-'));
  const cluster = 'a\u001b[2J\u009b2J\u202eb';
  openAgentLog(folder, {}).warn(`Not read: ${cluster}`, { cluster });
  const text = await readFile(path.join(folder, 'agent.log'), 'utf8');
  expect(text.trimEnd()).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
  expect(JSON.parse(text)).toMatchObject({ cluster, msg: `Not read: ${cluster}` });
  await rm(folder, { recursive: true });
});

test('a log line has no key twice, whatever its fields are called', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'log-'));
  const fields = { level: 'warning', time: 1, pid: 2, hostname: 'cluster.example', msg: 'other' };
  openAgentLog(folder, {}).info('A line', fields);
  const text = await readFile(path.join(folder, 'agent.log'), 'utf8');
  const keys = [...text.matchAll(/[{,]"([^"]*)":/g)].map(([, key]) => key);
  expect(keys).toHaveLength(new Set(keys).size);
  expect(JSON.parse(text)).toMatchObject({
    ...{ level: 30, msg: 'A line', pid: process.pid },
    ...{ level_: 'warning', hostname_: 'cluster.example', msg_: 'other' },
  });
  await rm(folder, { recursive: true });
});
