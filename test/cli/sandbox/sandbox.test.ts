import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { realpathSync } from 'node:fs';
import { chmod, copyFile, mkdir, open, readFile, symlink, writeFile } from 'node:fs/promises';
import net from 'node:net';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { execa } from 'execa';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { findBwrap } from '../../../main/cli/sandbox/bwrap.ts';
import { type FakeAgent, startFakeAgent } from '../fake-agent.ts';
import { currentProgram, type Home, makeHome } from '../run-cli.ts';
import { startInTerminal } from '../terminal.ts';

// The command line with real sandboxes of bubblewrap, and an agent that opens a terminal whose port is a server of the test.

const why = await findBwrap({ env: process.env, home: '/' }).then(
  () => undefined,
  (error: Error) => error.message,
);
const seed = 'k8s-tunnels-sandbox-test-secret';
const node = realpathSync(process.execPath);
const shown = ['--show', path.dirname(node)];
const secrets = { AWS_SECRET_ACCESS_KEY: seed, SSH_AUTH_SOCK: '/tmp/agent.1', GITHUB_TOKEN: seed };

const perl = {
  // KEYCTL_GET_KEYRING_ID of the session's keyring.
  keyring: `print syscall(${process.arch === 'x64' ? 250 : 219}, 0, -3, 0) == -1 ? "refused" : "keyring"`,
  // AF_ALG, AF_VSOCK.
  families: 'print join ",", grep { socket(my $s, $_, $_ == 38 ? 5 : 1, 0) } 38, 40',
};
const outside = async (script: string) =>
  (await execa('perl', ['-e', script], { reject: false })).stdout ?? '';

let home: Home;
let agent: FakeAgent;
let work: string;
let terminal: string;
const servers: net.Server[] = [];

beforeAll(async () => {
  home = await makeHome();
  agent = await startFakeAgent(home.paths);
  work = path.join(home.paths.home, 'work');
  terminal = path.join(home.paths.state, 'terminals', '0123456789abcdef');
  await mkdir(path.join(home.paths.home, '.kube'));
  await writeFile(path.join(home.paths.home, '.kube', 'config'), seed);
  await mkdir(path.join(work, '.git'), { recursive: true });
  await writeFile(path.join(work, '.git', 'config'), '[core]\n');
  await writeFile(path.join(work, 'notes'), 'notes');
  await symlink(path.join(home.paths.home, '.kube', 'config'), path.join(work, 'link'));
  await copyFile(path.join(import.meta.dirname, 'attempts.cjs'), path.join(work, 'attempts.cjs'));
});
afterAll(async () => {
  for (const server of servers) server.close();
  await agent.close();
  await home.remove();
});
beforeEach((context) => context.skip(why !== undefined, why));

/** A server that answers with its name. */
async function serverOf(name: string, at: string | number): Promise<number> {
  const server = net.createServer((socket) => {
    socket.on('error', () => {});
    socket.end(name);
  });
  servers.push(server);
  if (typeof at === 'string') server.listen(at);
  else server.listen(at, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return typeof address === 'object' ? (address?.port ?? 0) : 0;
}

async function openTerminals(): Promise<number> {
  const port = await serverOf('the cluster', 0);
  agent.isolateWith(async (cluster, { kind, pid, readOnly }) => {
    await mkdir(terminal, { recursive: true, mode: 0o700 });
    const file = path.join(terminal, 'config');
    await writeFile(file, `clusters:\n  - cluster:\n      server: "https://127.0.0.1:${port}"\n`, {
      mode: 0o600,
    });
    const { id, title } = cluster;
    return {
      results: [{ status: 'connected', cluster: id, title, context: title, port, latencyMs: 1 }],
      terminals: [
        { id: '0123456789abcdef', cluster: id, kind, context: title, pid, since: Date.now(), readOnly, file },
      ],
    };
  });
  return port;
}

/** Runs a command in a sandbox, with a file of the caller's open as number 37. */
async function sandboxed(flags: readonly string[], command: readonly string[], cwd = work) {
  const file = await open(path.join(home.paths.home, '.kube', 'config'));
  const args = ['exec', 'staging', '--read-only', '--sandbox', ...flags, '--', ...command];
  const child = spawn(process.execPath, [currentProgram, ...args], {
    cwd,
    env: { ...home.env, ...secrets, LANG: 'C.UTF-8' },
    stdio: ['ignore', 'pipe', 'pipe', ...Array<'ignore'>(34).fill('ignore'), file.fd],
  });
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout as NodeJS.ReadableStream),
    text(child.stderr as NodeJS.ReadableStream),
    once(child, 'close') as Promise<[number | null]>,
  ]);
  await file.close();
  return { stdout, stderr, code };
}

describe('a command in a sandbox', () => {
  let tried: Record<string, unknown>;
  let ended: Awaited<ReturnType<typeof sandboxed>>;
  beforeAll(async () => {
    if (why !== undefined) return;
    const port = await openTerminals();
    const stateFile = path.join(home.paths.state, 'api-proxy-secrets.json');
    await writeFile(stateFile, seed);
    const abstract = `k8s-tunnels-test-${process.pid}`;
    await serverOf('abstract', `\0${abstract}`);
    const targets = {
      home: home.paths.home,
      port,
      other: await serverOf('another cluster', 0),
      agentSocket: home.paths.socket,
      stateFile,
      abstract,
      pid: process.pid,
      seed,
      perl,
    };
    ended = await sandboxed(shown, [node, 'attempts.cjs', JSON.stringify(targets)]);
    expect(ended).toMatchObject({ code: 9 });
    tried = JSON.parse(ended.stdout) as typeof tried;
  }, 60_000);

  it('reaches its cluster, and reads the working folder', () => {
    expect(tried).toMatchObject({
      kubeconfigInside: true,
      cluster: 'answered: the cluster',
      shown: 'read: notes',
      scratch: 'done',
    });
  });

  it('reads no kubeconfig, no state of the agent, no link that leads out, and nothing else of the user', () => {
    expect(tried).toMatchObject({ kubeconfig: 'ENOENT', state: 'ENOENT', link: 'ENOENT', home: ['work'] });
    expect(tried).toMatchObject({ temporary: [], etc: 'ENOENT', ownSettings: 'ENOENT' });
    expect(tried.run).toEqual(['k8s-tunnels', 'k8s-tunnels-relay']);
    expect(ended.stdout).not.toContain(seed);
  });

  it('connects to no socket of the agent, no other port, no other host and no abstract socket', () => {
    expect(tried).toMatchObject({
      agentSocket: 'ENOENT',
      otherPort: 'ECONNREFUSED',
      abstract: 'ECONNREFUSED',
    });
    expect(tried.otherHost).toBe('ENETUNREACH');
  });

  it('sees and signals no process outside', () => {
    expect(tried).toMatchObject({ processes: [], environOf: 'ENOENT', signal: 'ESRCH' });
  });

  it('gets neither variables nor open files of the caller', () => {
    expect(new Set(tried.environment as string[])).toEqual(
      new Set([
        'HOME',
        'K8S_TUNNELS_CONTEXT',
        'K8S_TUNNELS_READ_ONLY',
        'KUBECONFIG',
        'LANG',
        'PATH',
        'PWD',
        'TMPDIR',
      ]),
    );
    expect(tried.inherited).toBe('ENOENT');
  });

  it('gains no privileges', () => {
    const none = '0000000000000000';
    expect(tried).toMatchObject({ noNewPrivileges: '1', capabilities: [none, none], unmount: false });
    expect(tried).toMatchObject({ setuid: [], devices: 'ENOENT' });
  });

  it('reads no keyring of the kernel', async (context) => {
    context.skip(
      (await outside(perl.keyring)) !== 'keyring',
      'there is no keyring outside either, or no perl',
    );
    expect(tried.keyring).toBe('refused');
  });

  it('opens no socket of a family that belongs to no namespace', async (context) => {
    context.skip((await outside(perl.families)) === '', 'there is none outside either, or no perl');
    expect(tried.families).toBe('');
  });

  it('changes no file outside', async () => {
    expect(tried).toMatchObject({ folder: 'EROFS', programs: 'EROFS', ownKubeconfig: 'EROFS', git: 'EROFS' });
    await expect(readFile(path.join(work, 'file'))).rejects.toThrow('ENOENT');
  });
});

it('with --writable changes the working folder, and nothing that git runs', async () => {
  await openTerminals();
  const script = 'echo made > made; echo hook > .git/config; echo added > .git/hook; ls /run/k8s-tunnels';
  const { stderr, stdout } = await sandboxed(['--writable'], ['sh', '-c', script]);
  expect(await readFile(path.join(work, 'made'), 'utf8')).toBe('made\n');
  expect(stderr.match(/Read-only file system/g)).toHaveLength(2);
  expect(await readFile(path.join(work, '.git', 'config'), 'utf8')).toBe('[core]\n');
  expect(stdout).toContain('config');
});

it('types nothing into the terminal that it was started in', async (context) => {
  const { TERM: _, ...env } = home.env;
  await openTerminals();
  const perl = 'my $c = "x"; print ioctl(STDIN, 0x5412, $c) ? "typed" : "refused", "\\n";';
  await writeFile(path.join(work, 'type.pl'), perl);
  const script =
    'command -v perl >&2 || echo none; perl type.pl; (exec </dev/tty) 2>&1 && echo own-terminal; echo end';
  await writeFile(path.join(work, 'type.sh'), script);
  const screen = startInTerminal({
    args: ['exec', 'staging', '--read-only', '--sandbox', '--', 'sh', 'type.sh'],
    env,
    cwd: work,
  });
  await screen.ended;
  context.skip(/^none$/m.test(screen.screen()), 'perl is not installed');
  expect(screen.screen()).toContain('refused');
  expect(screen.screen()).not.toMatch(/typed|own-terminal/);
  expect(screen.screen()).toContain('end');
});

it('ends with the command line, however that ends', async () => {
  await openTerminals();
  const args = [
    'exec',
    'staging',
    '--read-only',
    '--sandbox',
    '--',
    'sh',
    '-c',
    'echo begun; exec sleep 1000',
  ];
  const child = spawn(process.execPath, [currentProgram, ...args], {
    cwd: work,
    env: home.env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  child.kill('SIGKILL');
  // The pipe is closed when no process in the sandbox is left.
  await once(child, 'close');
});

it('opens nothing where it would show a socket, which a read-only mount leaves open', async () => {
  const folder = path.join(home.paths.home, 'with-socket');
  await mkdir(path.join(folder, 'tmp'), { recursive: true });
  await serverOf('a server of the project', path.join(folder, 'tmp', 'app.sock'));
  const calls = agent.calls.length;
  const { code, stderr } = await sandboxed([], ['true'], folder);
  expect({ code, stderr }).toEqual({
    code: 2,
    stderr: expect.stringContaining('app.sock is a socket or a pipe'),
  });
  expect(agent.calls.slice(calls).map(({ name }) => name)).not.toContain('isolate');
});

it('names a program that the sandbox does not show, and how to show it', async () => {
  await openTerminals();
  const tool = path.join(home.paths.home, 'bin', 'tool');
  await mkdir(path.dirname(tool));
  await writeFile(tool, '#!/bin/sh\necho the tool\n');
  await chmod(tool, 0o755);
  const hidden = await sandboxed([], [tool]);
  expect(hidden).toMatchObject({ code: 4 });
  expect(hidden.stderr).toContain(`--show ${path.dirname(tool)}`);
  expect(await sandboxed(['--show', path.dirname(tool)], [tool])).toMatchObject({
    code: 0,
    stdout: 'the tool\n',
  });
});
