import { once } from 'node:events';
import { chmod, readFile, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Snapshot } from '../../main/model/agent-view.ts';
import { ask, openPage as openAsPage, partsOf } from '../api/web/requests.ts';
import { ledTo } from '../world/person/led-to.ts';
import { type Home, makeHome, type Run, root, runCli, startCli } from './run-cli.ts';

let home: Home;
let started: Run[];

beforeEach(async () => {
  home = await makeHome();
  started = [];
});
afterEach(async () => {
  for (const { child } of started) child.kill('SIGKILL');
  await Promise.all(started.map(({ done }) => done));
  await runCli(['quit'], { env: home.env });
  await home.remove();
});

const start = (args: readonly string[], env: Readonly<Record<string, string>> = {}) => {
  const cli = startCli(['serve', ...args], { env: { ...home.env, ...env } });
  started.push(cli);
  return cli;
};
/** Serves, and answers what `--json` printed. */
const serve = async (...args: readonly string[]) => {
  const cli = start(['--json', ...args]);
  const [line] = (await once(cli.child.stdout ?? cli.child, 'data')) as [string];
  const { url, port } = JSON.parse(line) as { url: string; port: number };
  return { cli, line, url, port };
};
/** A page's conversation: its first snapshot, and the code with which it ends. */
const openPage = async (...page: Parameters<typeof openAsPage>) => {
  const { socket, session } = await openAsPage(...page);
  const ended = once(socket, 'close').then(([code]) => code as number);
  socket.send(JSON.stringify({ id: 1, subscribe: true }));
  // A page that is closed in place of the answer says so at once.
  const closed = ended.then((code) => Promise.reject(new Error(`closed with ${code}`)));
  closed.catch(() => {});
  const [data] = (await Promise.race([once(socket, 'message'), closed])) as [Buffer];
  return { socket, session, ended, snapshot: (JSON.parse(data.toString()) as { output: Snapshot }).output };
};
const statusOf = async () => {
  const { stdout } = await runCli(['status', '--json'], { env: home.env });
  return JSON.parse(stdout) as { agent: { pid: number } };
};

describe('serve', () => {
  it('shows the window to who has its address, and a page follows the agent', async () => {
    const { url, port, line } = await serve();
    expect(line).toBe(`${JSON.stringify({ url, port })}\n`);
    expect((await ask({ port })).status).toBe(404);
    const page = await ask({ port, path: partsOf(url).path });
    expect(page.status).toBe(200);
    expect(page.headers['set-cookie']).toBeUndefined();
    expect(page.body).toBe(await readFile(path.join(root, 'out/renderer/index.html'), 'utf8'));
    const { socket, snapshot } = await openPage(url);
    expect(snapshot.agent.pid).toBe((await statusOf()).agent.pid);
    socket.close();
  });

  it('tells the page that the agent was killed; the next one starts it again', async () => {
    const { url } = await serve();
    const { ended, session, snapshot } = await openPage(url);
    process.kill(snapshot.agent.pid, 'SIGKILL');
    expect(await ended).toBe(1012);
    const next = await openPage(url, session);
    expect(next.snapshot.agent.pid).not.toBe(snapshot.agent.pid);
    expect((await statusOf()).agent.pid).toBe(next.snapshot.agent.pid);
    next.socket.close();
  });

  it('ends the sessions of an agent that is told to quit: the page does not start the next one', async () => {
    const { url } = await serve();
    const { ended, session } = await openPage(url);
    await runCli(['quit'], { env: home.env });
    expect(await ended).toBe(4401);
    await expect(openPage(url, session)).rejects.toThrow('4401');
    await expect(stat(home.paths.socket)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it.each(['SIGINT', 'SIGTERM'] as const)('ends on %s; the agent stays', async (signal) => {
    const { cli, url, port } = await serve();
    const { ended, snapshot } = await openPage(url);
    cli.child.kill(signal);
    expect((await cli.done).code).toBe(0);
    expect(await ended).toBe(4401);
    await expect(ask({ port })).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    expect((await statusOf()).agent.pid).toBe(snapshot.agent.pid);
  });

  it('takes the port that is asked for, and tells when it cannot', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address() as { port: number };
    const refused = await start(['--json', '--port', String(port)]).done;
    expect(refused.code).toBe(1);
    expect(JSON.parse(refused.stdout)).toMatchObject({ error: { code: 'port-busy' } });
    taken.close();
    await once(taken, 'close');
    expect((await serve('--port', String(port))).port).toBe(port);
  });

  it.each(['', '65536'])('does not take %j for a port', async (port) => {
    const { code, stdout } = await start(['--json', `--port=${port}`]).done;
    expect(code).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'bad-input' } });
  });
});

describe('the browser', () => {
  const install = async () => {
    const browser = path.join(home.paths.home, 'browser');
    const log = path.join(home.paths.home, 'opened');
    await writeFile(browser, `#!/bin/sh\nprintf '%s' "$1" > '${log}'\n`);
    await chmod(browser, 0o755);
    return { browser, opened: () => readFile(log, 'utf8') };
  };
  const printed = async (cli: Run) => {
    const [text] = (await once(cli.child.stdout ?? cli.child, 'data')) as [string];
    return text.split('\n')[0] ?? '';
  };

  it('is opened at an address of its own, by a file that nobody else can read', async () => {
    const { browser, opened } = await install();
    const cli = start([], { BROWSER: browser });
    const address = await printed(cli);
    const given = await vi.waitUntil(() => opened().catch(() => ''), { timeout: 10_000, interval: 10 });
    const used = ledTo(given);
    const page = fileURLToPath(given);
    expect(used).not.toBe(address);
    const modeOf = async (file: string) => (await stat(file)).mode & 0o777;
    expect([await modeOf(page), await modeOf(path.dirname(page))]).toEqual([0o600, 0o700]);
    for (const one of [used, address]) (await openPage(one)).socket.close();
    cli.child.kill('SIGINT');
    await cli.done;
    await expect(stat(path.dirname(page))).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('is left alone with --no-open', async () => {
    const { browser, opened } = await install();
    const cli = start(['--no-open'], { BROWSER: browser });
    (await openPage(await printed(cli))).socket.close();
    cli.child.kill('SIGINT');
    await cli.done;
    await expect(opened()).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
