import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, readFile, stat, truncate, unlink, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { connectAgent } from '../../main/api/socket/client.ts';
import { type Home, makeHome, type Run, runCli, startCli } from './run-cli.ts';

let home: Home;
let started: Run[];

beforeEach(async () => {
  home = await makeHome();
  started = [];
});
afterEach(async () => {
  await runCli(['quit'], { env: home.env });
  for (const { child } of started) child.kill('SIGKILL');
  await Promise.all(started.map(({ done }) => done));
  await home.remove();
});

const run = (...args: readonly string[]) => runCli(args, { env: home.env });
const start = (...args: readonly string[]) => {
  const cli = startCli(args, { env: home.env });
  started.push(cli);
  return cli;
};
const agentOf = (stdout: string) => (JSON.parse(stdout) as { agent: { status: string; pid: number } }).agent;
/** Resolves once the process is gone. */
const gone = async (pid: number) => {
  for (;;) {
    try {
      process.kill(pid, 0);
    } catch {
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
};

describe('start', () => {
  it('happens by itself with the first command, once', async () => {
    const runs = await Promise.all([run('status', '--json'), run('list', '--json'), run('status', '--json')]);
    expect(runs.map(({ code }) => code)).toEqual([0, 0, 0]);
    const { pid } = agentOf(runs[0].stdout);
    expect(agentOf(runs[2].stdout).pid).toBe(pid);
    expect(JSON.parse((await run('quit', '--json')).stdout)).toEqual({ pid });
    await gone(pid);
    expect(existsSync(home.paths.socket)).toBe(false);
  });

  it('is not needed to list what the last one left', async () => {
    const first = await run('discover', '--json');
    expect(first.code).toBe(0);
    const before = await run('list', '--json');
    const { pid } = agentOf((await run('status', '--json')).stdout);
    await run('quit');
    await gone(pid);
    expect(await run('list', '--json')).toEqual(before);
    expect(existsSync(home.paths.socket)).toBe(false);
    await run('settings', 'catalogMaxAgeMinutes', '1');
    expect(existsSync(home.paths.socket)).toBe(true);
  });

  it('of several at the same instant ends as one', async () => {
    const all = Array.from({ length: 4 }, () => start('agent', '--json'));
    await Promise.all(all.map((cli) => cli.says('"agent"')));
    const ended = await Promise.race(
      all.map(async (cli) => {
        const others = all.filter((other) => other !== cli);
        return Promise.all(others.map(({ done }) => done));
      }),
    );
    expect(ended.map(({ code }) => code)).toEqual([0, 0, 0]);
    const [pid] = ended.map(({ stdout }) => agentOf(stdout).pid);
    for (const { stdout } of ended) expect(agentOf(stdout)).toMatchObject({ status: 'taken', pid });
    expect(agentOf((await run('status', '--json')).stdout).pid).toBe(pid);
  });

  it('takes over the socket that a killed agent left', async () => {
    const first = start('agent');
    await first.says('is running (process');
    first.child.kill('SIGKILL');
    await first.done;
    expect(existsSync(home.paths.socket)).toBe(true);
    const { code, stdout } = await run('status', '--json');
    expect(code).toBe(0);
    expect(agentOf(stdout).pid).not.toBe(first.child.pid);
  });

  it('that fails tells the command why', async () => {
    await mkdir(path.join(home.paths.config, 'settings.json'), { recursive: true });
    const { code, stdout } = await run('list', '--json');
    expect(code).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject({
      error: { code: 'bad-input', hint: expect.stringContaining('by hand') },
    });
    const byHand = await run('agent');
    expect(byHand.code).toBe(2);
    expect(byHand.stderr).toContain('The settings file cannot be read');
    expect(existsSync(home.paths.socket)).toBe(false);
  });

  it('sets settings aside that are no JSON, and says so', async () => {
    await run('settings', 'kubeconfigMode', 'add');
    await run('quit');
    await writeFile(path.join(home.paths.config, 'settings.json'), '{ "kubeconfigMode": ');
    expect((await run('settings', 'kubeconfigMode')).stdout.trim()).toBe('add');
    const { notices } = JSON.parse((await run('status', '--json')).stdout) as {
      notices: { message: string }[];
    };
    expect(notices.map(({ message }) => message).join()).toContain('settings.json.unreadable');
  });

  it('lets callers wait that come while it is under way', async () => {
    const agent = start('agent');
    let client: Awaited<ReturnType<typeof connectAgent>>;
    while (client === undefined) {
      client = await connectAgent({ path: home.paths.socket, state: home.paths.state });
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect((await client.call('snapshot', {})).agent.pid).toBe(agent.child.pid);
    client.close();
  });
});

describe('end', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)('on %s leaves no socket', async (signal) => {
    const agent = start('agent');
    await agent.says('is running (process');
    agent.child.kill(signal);
    expect((await agent.done).code).toBe(0);
    expect(existsSync(home.paths.socket)).toBe(false);
    expect((await run('quit')).stdout).toBe('No agent is running.\n');
  });

  it('comes by itself when nobody called and nothing was connected', async () => {
    const agent = start('agent', '--idle-exit', '0.002');
    expect((await agent.done).code).toBe(0);
    expect(await readFile(path.join(home.paths.state, 'agent.log'), 'utf8')).toContain('"why":"idle"');
  });

  it('does not come while a caller is there', async () => {
    const arrive = async () => {
      const agent = start('agent', '--idle-exit', '0.002');
      await agent.says('is running (process');
      return { agent, client: await connectAgent({ path: home.paths.socket, state: home.paths.state }) };
    };
    let { agent, client } = await arrive();
    // One whose caller was late has ended already.
    while (client === undefined) ({ agent, client } = await arrive());
    let over = false;
    void client.ended.then(() => {
      over = true;
    });
    for (let call = 0; call < 20; call += 1) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      await client.call('snapshot', {});
    }
    expect(over).toBe(false);
    client.close();
    expect((await agent.done).code).toBe(0);
  });

  it('of an agent whose socket was taken away leaves that of the next alone', async () => {
    const first = start('agent');
    await first.says('is running (process');
    await unlink(home.paths.socket);
    const second = start('agent');
    await second.says('is running (process');
    expect((await first.done).code).toBe(1);
    expect(agentOf((await run('status', '--json')).stdout).pid).toBe(second.child.pid);
  });
});

describe('files', () => {
  it('are for the user alone, and a long log is set aside', async () => {
    const log = path.join(home.paths.state, 'agent.log');
    await mkdir(home.paths.state, { recursive: true });
    await writeFile(log, '');
    await truncate(log, 5 * 1024 * 1024 + 1);
    const agent = start('agent');
    await agent.says('is running (process');
    const mode = async (file: string) => ((await stat(file)).mode & 0o777).toString(8);
    expect(await mode(home.paths.state)).toBe('700');
    expect(await mode(log)).toBe('600');
    expect((await stat(log)).size).toBeLessThan(100_000);
    expect((await stat(`${log}.1`)).size).toBeGreaterThan(5 * 1024 * 1024);
  });
});

describe('a foreign program on the socket', () => {
  let server: Server;
  afterEach(() => server.close());

  it.each([
    ['says something else', 'HTTP/1.1 400 Bad Request\r\n\r\n'],
    [
      'speaks like an agent but does not know the secret',
      `${JSON.stringify({ hello: 'k8s-tunnels', protocol: 1, version: '1', pid: 1, nonce: 'n', proof: 'p' })}\n`,
    ],
  ])('that %s is named, and left as it is', async (_, answer) => {
    await mkdir(path.dirname(home.paths.socket), { recursive: true });
    await writeFile(path.join(home.paths.state, 'socket-secret'), 'secret\n');
    const got: string[] = [];
    server = createServer((socket) => {
      socket.on('error', () => {});
      socket.on('data', (chunk) => got.push(chunk.toString()));
      socket.write(answer);
    }).listen(home.paths.socket);
    await once(server, 'listening');
    const { code, stdout } = await run('list', '--json');
    expect(code).toBe(5);
    const { error } = JSON.parse(stdout) as { error: { code: string; message: string } };
    expect(error).toMatchObject({ code: 'agent-foreign' });
    expect(error.message).toContain(home.paths.socket);
    expect((await run('agent', '--json')).code).toBe(5);
    expect(server.listening && existsSync(home.paths.socket)).toBe(true);
    expect(got.join('')).not.toContain('list');
  });

  it('that hangs up without a word is an agent that was killed just now: none runs', async () => {
    await mkdir(path.dirname(home.paths.socket), { recursive: true });
    server = createServer((socket) => socket.destroy()).listen(home.paths.socket);
    await once(server, 'listening');
    const { socket, state } = home.paths;
    await expect(connectAgent({ path: socket, state })).resolves.toBeUndefined();
  });
});
