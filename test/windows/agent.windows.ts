import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathsFrom } from '../../main/agent/paths.ts';
import { whileHeld } from './holding.ts';
import { createUser, settings, type User } from './user.ts';

const windows = process.platform === 'win32';
const onWindows = { skip: !windows && 'only Windows refuses to replace an open file' };

describe('the agent', () => {
  let user: User;
  before(() => {
    user = createUser('Grace');
    mkdirSync(path.dirname(user.kubeconfig), { recursive: true });
    assert.equal(user.tunnels(['discover']).code, 0);
    assert.equal(user.tunnels(['connect', 'payments-staging-eu', 'search-staging']).code, 0);
  });
  after(() => {
    user.tunnels(['quit']);
  });
  const quit = () => assert.equal(user.tunnels(['quit']).code, 0);
  const ports = () =>
    [...readFileSync(user.kubeconfig, 'utf8').matchAll(/127\.0\.0\.1:(\d+)/g)].map(([, port]) =>
      Number(port),
    );
  const pidOf = ({ stdout, said }: { readonly stdout: string; readonly said: string }) => {
    assert.match(stdout, /^\{/, said);
    return (JSON.parse(stdout) as { agent: { pid: number } }).agent.pid;
  };

  test('that was killed is followed by one on the same ports', async () => {
    const [pid, before] = [user.agentPid(), ports()];
    process.kill(pid, 'SIGKILL');
    await sleep(500);
    // Where the owner of a connection is not known, as under Wine, each agent makes other passwords: start it first.
    assert.equal(user.tunnels(['status']).code, 0);
    if (settings.kubectl !== undefined) {
      const read = user.kubectl(['get', 'namespaces', '-o', 'name']);
      assert.equal(read.code, 0, read.said);
    }
    assert.notEqual(user.agentPid(), pid);
    assert.deepEqual(ports(), before);
  });

  test('is one, whoever starts it: three starts at once', async () => {
    for (let round = 0; round < 2; round += 1) {
      quit();
      const all = await Promise.all([0, 1, 2].map(() => user.begin(['status', '--json'])));
      assert.equal(new Set(all.map(pidOf)).size, 1);
    }
  });

  test('is one, however the state folder is spelled', { skip: !windows && 'a path of Windows' }, () => {
    const local = user.env.LOCALAPPDATA ?? '';
    const pid = user.agentPid();
    for (const spelled of [
      local.toUpperCase(),
      local.toLowerCase(),
      local.replaceAll('\\', '/'),
      `${local}\\`,
    ])
      assert.equal(pidOf(user.tunnels(['status', '--json'], { LOCALAPPDATA: spelled })), pid, spelled);
  });

  test('does not wait for a lock whose process is gone, or is another one by now', () => {
    const lock = path.join(user.state, 'election.lock');
    for (const [pid, start_time] of [
      [999_999, 1],
      [process.pid, 1],
      // Where the system does not say when a process started, who has the file open decides.
      ...(windows ? [[process.pid, Date.now() - 60_000]] : []),
    ]) {
      quit();
      writeFileSync(lock, JSON.stringify({ pid, start_time }));
      const status = user.tunnels(['status']);
      assert.equal(status.code, 0, `${pid}, ${start_time}: ${status.said}`);
      assert.equal(existsSync(lock), false);
    }
    const kubeLock = `${user.kubeconfig}.lock`;
    const body = { app: 'k8s-tunnels', pid: process.pid, startTime: windows ? Date.now() - 60_000 : 1 };
    writeFileSync(kubeLock, JSON.stringify(body));
    const connected = user.tunnels(['connect', 'search-staging']);
    assert.equal(connected.code, 0, connected.said);
    assert.equal(existsSync(kubeLock), false);
  });

  test('waits for another program that has its files open', onWindows, async () => {
    for (const name of ['journal.json', 'connections.json']) {
      const file = path.join(user.state, name);
      const connect = () => user.tunnels(['connect', 'payments-staging-eu', 'search-staging']);
      assert.equal(user.tunnels(['remove', '--all']).code, 0);
      if (!existsSync(file)) assert.equal(connect().code, 0);
      const connected = await whileHeld(file, { ms: 2_500, mode: 'shared' }, connect);
      assert.equal(connected.code, 0, `${name}: ${connected.said}`);
      assert.deepEqual(
        readdirSync(user.state).filter((one) => one.startsWith(`.${name}`)),
        [],
      );
    }
  });

  test('is not looked for in a stranger’s pipe, which is told nothing', {
    skip: !windows && 'pipes',
  }, async () => {
    quit();
    const { socket } = pathsFrom({ ...user.env });
    const heard: string[] = [];
    const stranger = createServer((connection) => {
      connection.on('data', (data) => heard.push(data.toString())).on('error', () => {});
    });
    await new Promise<void>((resolve) => stranger.listen(socket, resolve));
    try {
      const refused = await user.begin(['status']);
      assert.notEqual(refused.code, 0, refused.said);
      const secret = readFileSync(path.join(user.state, 'socket-secret'), 'utf8').trim();
      assert.ok(heard.length > 0 && !heard.join('').includes(secret));
      assert.doesNotMatch(refused.stderr, /lsof|ss -xlp/);
      // A file that any account may create must not choose what is taken for random.
      mkdirSync('C:\\dev', { recursive: true });
      writeFileSync('C:\\dev\\urandom', Buffer.alloc(64, 0x41));
      heard.length = 0;
      await user.begin(['status']);
      assert.ok(heard.length > 0 && !heard.join('').includes('41414141'));
    } finally {
      rmSync('C:\\dev', { recursive: true, force: true });
      await new Promise((resolve) => {
        stranger.close(resolve);
      });
    }
    assert.equal(user.tunnels(['status']).code, 0);
  });
});
