import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, lstat, mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { pathsFrom } from '../../main/agent/paths.ts';
import { isPidLockStale } from '../../main/agent/processes/pid-lock.ts';
import { connectAgent } from '../../main/api/socket/client.ts';
import { newNonce, proofOf, protocol, readSecret } from '../../main/api/socket/proof.ts';
import { builtProgram, type Home, makeHome, type Run, runCli, startCli } from '../cli/run-cli.ts';
import { type OtherUser, otherUser } from './other-user.ts';

let home: Home;
let other: OtherUser;
let started: Run[];

beforeEach(async (context) => {
  other = await otherUser(context);
  home = await makeHome();
  started = [];
  // As most homes are: what is to be private has to say so itself.
  await chmod(home.paths.home, 0o755);
});
afterEach(async () => {
  await Promise.all(
    started.map(({ child, done }) => {
      child.kill('SIGTERM');
      return done;
    }),
  );
  await home.remove();
  await other.close();
});

const run = (args: readonly string[], env = home.env) => runCli(args, { env, program: builtProgram });
const errorOf = (stdout: string) =>
  (JSON.parse(stdout) as { error: { code: string; message: string; hint: string } }).error;
const startAgent = async (env = home.env) => {
  const agent = startCli(['agent'], { env, program: builtProgram });
  started.push(agent);
  await agent.says('is running (process');
  return agent;
};

describe('in place of the folder of the socket, where the socket lies in a folder that all share', () => {
  let env: Home['env'];
  let folder: string;
  let socket: string;
  beforeEach(async () => {
    const shared = path.join(home.paths.home, 'shared');
    await mkdir(shared);
    await chmod(shared, 0o1777);
    env = {
      ...home.env,
      XDG_RUNTIME_DIR: shared,
      XDG_STATE_HOME: path.join(home.paths.home, 'long'.repeat(25)),
    };
    ({ socket } = pathsFrom(env));
    folder = path.dirname(socket);
    expect(path.dirname(folder)).toBe(shared);
  });

  test('a folder of another account is refused by name, and nothing is sent to who listens there', async () => {
    // Speaks first, as an agent does, and keeps what it hears.
    const planted = other.node(
      `import { appendFileSync, chmodSync, existsSync, mkdirSync } from 'node:fs';
       import { createServer } from 'node:net';
       const [folder, socket, heard] = process.argv.slice(1);
       mkdirSync(folder);
       chmodSync(folder, 0o777);
       createServer((client) => {
         client.on('error', () => {}).on('data', (data) => appendFileSync(heard, data));
       }).listen(socket, () => {
         chmodSync(socket, 0o777);
         appendFileSync(heard, '');
       });
       // Until the test has removed it.
       setInterval(() => existsSync(heard) || process.exit(), 50);`,
      [folder, socket, path.join(other.folder, 'heard')],
    );
    try {
      await vi.waitFor(() => stat(path.join(other.folder, 'heard')));
      for (const args of [
        ['list', '--json'],
        ['agent', '--json'],
      ]) {
        const { code, stdout } = await run(args, env);
        expect(code).not.toBe(0);
        expect(errorOf(stdout).message).toContain(`${folder} belongs to the account ${other.name}`);
        expect(errorOf(stdout).hint).toContain('remove it');
      }
      const credential = await run(['credential', 'any'], env);
      expect(credential).toMatchObject({ stdout: '', stderr: expect.stringContaining(other.name) });
      expect(await readFile(path.join(other.folder, 'heard'), 'utf8')).toBe('');
      expect((await lstat(folder)).uid).toBe(other.uid);
    } finally {
      await other.run('rm', [path.join(other.folder, 'heard')]);
      await planted;
    }
  });

  test('a link of another account is refused, and what it leads to is left as it is', async () => {
    const own = path.join(home.paths.home, 'own');
    await mkdir(own, { mode: 0o755 });
    await writeFile(path.join(own, 'agent.sock'), 'mine');
    expect((await other.run('ln', ['-s', own, folder])).failed).toBe(false);
    for (const args of [
      ['list', '--json'],
      ['agent', '--json'],
    ]) {
      const { code, stdout } = await run(args, env);
      expect(code).not.toBe(0);
      expect(errorOf(stdout).message).toContain(`${folder} belongs to the account ${other.name}`);
    }
    expect((await stat(own)).mode & 0o777).toBe(0o755);
    expect(await readFile(path.join(own, 'agent.sock'), 'utf8')).toBe('mine');
  });

  test('the agent’s own keeps others out', async () => {
    await startAgent(env);
    await refused(socket);
  });
});

/** Another account cannot connect, and cannot see or replace what is in the folder. */
async function refused(socket: string) {
  const { stdout } = await other.node(
    `import { connect } from 'node:net';
     connect(process.argv[1]).on('error', ({ code }) => console.log(code)).on('connect', () => console.log('in'));`,
    [socket],
  );
  expect(stdout).toBe('EACCES');
  for (const [program, ...args] of [
    ['ls', path.dirname(socket)],
    ['rm', '-f', socket],
    ['mv', path.dirname(socket), `${path.dirname(socket)}-away`],
  ] as const)
    expect((await other.run(program, args)).failed).toBe(true);
  expect((await lstat(socket)).isSocket()).toBe(true);
}

test('another account cannot open the agent’s socket, read its secret or move its folder away', async () => {
  await startAgent();
  await refused(home.paths.socket);
  const secret = await other.run('cat', [path.join(home.paths.state, 'socket-secret')]);
  expect(secret.stderr).toContain('Permission denied');
});

test('who gets to the socket has one attempt, 64 KiB and some seconds, and learns nothing', async () => {
  await startAgent();
  const { socket: place, state } = home.paths;
  const secret = readSecret(state) ?? '';
  const open = async () => {
    const socket = connect(place);
    let heard = '';
    socket.setEncoding('utf8').on('data', (text: string) => {
      heard += text;
    });
    const closed = new Promise<void>((resolve) => {
      socket.on('error', () => {}).on('close', () => resolve());
    });
    await once(socket, 'connect');
    return { socket, heard: () => heard, closed };
  };
  const line = (message: unknown) => `${JSON.stringify(message)}\n`;

  // The right proof behind a wrong one, in one packet, and the command with it.
  const nonce = newNonce();
  const guesser = await open();
  guesser.socket.write(line({ hello: 'k8s-tunnels', protocol, nonce }));
  await vi.waitFor(() => expect(guesser.heard()).toContain('\n'));
  const hello = JSON.parse(guesser.heard()) as { nonce: string; proof: string };
  const right = { proof: proofOf(secret, 'client', hello.nonce, nonce) };
  const quit = line({ id: 1, operation: 'quit', input: {} });
  guesser.socket.write(line({ proof: '0'.repeat(64) }) + line(right) + quit);
  await guesser.closed;
  expect(guesser.heard().trim().split('\n')).toHaveLength(1);

  // What one connection said is worth nothing on the next.
  const replay = await open();
  replay.socket.write(line({ hello: 'k8s-tunnels', protocol, nonce }) + line(right) + quit);
  await replay.closed;
  expect(replay.heard().trim().split('\n').length).toBeLessThan(2);

  for (const text of ['x'.repeat(16 * 1024 * 1024), `${'['.repeat(60_000)}\n`, '\n'.repeat(10)]) {
    const flood = await open();
    const taken = new Promise<boolean>((resolve) => {
      flood.socket.write(text, (error) => resolve(error === undefined || error === null));
    });
    await flood.closed;
    expect(flood.heard()).toBe('');
    if (text.length > 1024 * 1024) expect(await taken).toBe(false);
  }

  // Many that say nothing keep nobody out.
  const silent = await Promise.all(Array.from({ length: 400 }, open));
  const client = await connectAgent({ path: place, state });
  expect(client?.agent.pid).toBe(started[0]?.child.pid);
  client?.close();
  for (const { socket } of silent) socket.destroy();
});

test('a file that somebody made in the place of the system’s generator gives no nonce', async () => {
  const chosen = path.join(home.paths.home, 'chosen');
  await writeFile(chosen, Buffer.alloc(64 * 1024, 0x2a));
  const agent = spawn(
    'unshare',
    [
      ...['--mount', 'sh', '-c', 'mount --bind "$1" /dev/urandom && shift && exec "$@"', 'sh', chosen],
      ...[process.execPath, builtProgram, 'agent'],
    ],
    { env: home.env, stdio: ['ignore', 'pipe', 'inherit'] },
  );
  try {
    await once(agent.stdout, 'data');
    const nonces = new Set<string>();
    for (let count = 0; count < 3; count += 1) {
      const socket = connect(home.paths.socket);
      socket.write(`${JSON.stringify({ hello: 'k8s-tunnels', protocol, nonce: newNonce() })}\n`);
      const [heard] = (await once(socket, 'data')) as [Buffer];
      nonces.add((JSON.parse(heard.toString()) as { nonce: string }).nonce);
      socket.destroy();
    }
    expect(nonces.size).toBe(3);
    expect(nonces).not.toContain('2a'.repeat(16));
  } finally {
    agent.kill('SIGTERM');
    await once(agent, 'close');
  }
});

test('a stopped agent is named, and nobody is told to delete its socket', async () => {
  const { child } = await startAgent();
  child.kill('SIGSTOP');
  try {
    const { code, stdout } = await run(['status', '--json']);
    expect(code).not.toBe(0);
    const { message, hint } = errorOf(stdout);
    expect(message).toBe(`The agent (process ${child.pid}) does not answer.`);
    expect(hint).toContain(`kill -CONT ${child.pid}`);
    expect(`${message}${hint}`).not.toMatch(/delete/i);
  } finally {
    child.kill('SIGCONT');
  }
  expect((await run(['status', '--json'])).code).toBe(0);
});

describe('a list of clusters that another account may write', () => {
  const list = (command: string) =>
    `- name: lab\n  server: https://lab.example.com\n  user: { exec: { command: ${command} } }\n`;
  const plugin = (ran: string) =>
    `#!/bin/sh\nid -un >> ${ran}\necho '{"kind":"ExecCredential","status":{"token":"t"}}'\n`;
  /** What the agent makes of it: the list of clusters, and kubectl's call for a credential. */
  const use = async (file: string) => {
    await mkdir(home.paths.config, { recursive: true });
    await writeFile(path.join(home.paths.config, 'settings.json'), JSON.stringify({ clusterFiles: [file] }));
    await startAgent();
    expect((await run(['discover', '--json'])).code).toBe(0);
    const listed = JSON.parse((await run(['list', '--json'])).stdout) as unknown;
    return { listed: JSON.stringify(listed), credential: await run(['credential', 'lab']) };
  };
  const fileOf = (who: string) => path.join(who, 'clusters.yaml');

  test('one that is the other’s own: its clusters are listed, its plugin is not run', async () => {
    const [ran, program] = [path.join(other.folder, 'ran'), path.join(other.folder, 'plugin')];
    const { failed } = await other.node(
      `import { writeFileSync } from 'node:fs';
       const [file, list, program, plugin, ran] = process.argv.slice(1);
       writeFileSync(file, list);
       writeFileSync(program, plugin, { mode: 0o755 });
       writeFileSync(ran, '');
       (await import('node:fs')).chmodSync(ran, 0o666);`,
      [fileOf(other.folder), list(program), program, plugin(ran), ran],
    );
    expect(failed).toBe(false);
    const { listed, credential } = await use(fileOf(other.folder));
    expect(listed).toContain('lab.example.com');
    expect(credential.code).not.toBe(0);
    expect(credential.stderr).toContain(`belongs to the account ${other.name}`);
    expect(await readFile(ran, 'utf8')).toBe('');
  });

  test('one of the user’s own that the other wrote to: named with the fix, and used once that is made', async () => {
    const folder = path.join(home.paths.home, 'lists');
    const ran = path.join(folder, 'ran');
    await mkdir(folder, { mode: 0o755 });
    await writeFile(path.join(folder, 'plugin'), plugin(ran), { mode: 0o755 });
    await writeFile(fileOf(folder), '');
    await chmod(fileOf(folder), 0o666);
    await other.run('tee', [fileOf(folder)], { input: list('./plugin') });
    const { listed, credential } = await use(fileOf(folder));
    expect(listed).toContain('lab.example.com');
    expect(credential).toMatchObject({ code: expect.any(Number), stdout: '' });
    expect(credential.stderr).toContain(`${fileOf(folder)} may be changed by other accounts (mode 0666)`);
    expect(credential.stderr).toContain(`chmod go-w ${fileOf(folder)}`);
    await expect(lstat(ran)).rejects.toMatchObject({ code: 'ENOENT' });
    await chmod(fileOf(folder), 0o644);
    expect((await run(['credential', 'lab'])).stdout).toContain('"token":"t"');
  });
});

test('a lock that another account made is named, whatever it says', async () => {
  const lock = path.join(other.folder, 'token.lock');
  const body = JSON.stringify({ pid: process.pid, start_time: Date.now() });
  await other.run('tee', [lock], { input: body });
  await expect(isPidLockStale(lock, { now: Date.now(), maxAgeMs: 60_000 })).rejects.toMatchObject({
    code: 'file-unwritable',
    message: expect.stringContaining(`${lock} belongs to the account ${other.name}`),
  });
});
