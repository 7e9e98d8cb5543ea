import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { access, constants, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { connectAgent } from '../../main/api/socket/client.ts';
import { ask, openPage, partsOf } from '../api/web/requests.ts';
import { startFakeAgent } from './fake-agent.ts';
import { builtProgram, type Home, makeHome, root, runCli, startCli } from './run-cli.ts';

const exec = promisify(execFile);
let home: Home;

beforeAll(() => exec(process.execPath, [path.join(root, 'scripts/build.ts')]));
beforeEach(async () => {
  home = await makeHome();
});
afterEach(() => home.remove());

describe('the built command line', () => {
  const packagesIn = (text: string) =>
    new Set([...text.matchAll(/^\/\/ node_modules\/((?:@[^/\n]+\/)?[^/\n]+)/gm)].map(([, name]) => name));

  it('has no schema and no SDK in it, and names only files beside it', async () => {
    const folder = path.dirname(builtProgram);
    const names = await readdir(folder);
    const texts = await Promise.all(names.map((name) => readFile(path.join(folder, name), 'utf8')));
    const packages = packagesIn(texts.join('\n'));
    expect(packages).toContain('commander');
    expect(
      [...packages].filter((name) =>
        /^(zod|yaml|conf|pino|node-vault|@aws-sdk|@smithy|@modelcontextprotocol)/.test(name ?? ''),
      ),
    ).toEqual([]);
    for (const text of texts) {
      for (const trace of ['ZodError', 'ZodObject', 'YAMLParseError', 'aws-sdk'])
        expect(text).not.toContain(trace);
      const wanted = [...text.matchAll(/\brequire\("(?!node:)(?:\.\/)?([^"]+)"\)/g)].map(([, name]) => name);
      expect(names).toEqual(expect.arrayContaining(wanted));
    }
  });

  it('loads little for a credential: no package but the hash of its greeting, and no node:crypto', async () => {
    await access(builtProgram, constants.X_OK);
    const folder = path.dirname(builtProgram);
    const loaded = new Map<string, string>();
    const load = async (name: string): Promise<void> => {
      const text = await readFile(path.join(folder, name), 'utf8');
      loaded.set(name, text);
      // At once: what is wanted later stands inside a function.
      for (const [, next = ''] of text.matchAll(/^(?:const|let) .*= require\("\.\/([^"]+)"\);$/gm))
        if (!loaded.has(next)) await load(next);
    };
    await load(path.basename(builtProgram));
    const [own = ''] = (await readdir(folder)).filter((name) => name.startsWith('credential-'));
    await load(own);
    const text = [...loaded.values()].join('\n');
    expect(text.startsWith('#!/usr/bin/env node\n')).toBe(true);
    expect([...packagesIn(text)]).toEqual(['@noble/hashes']);
    expect(text).not.toMatch(/require\("node:(crypto|https?|tls)"\)/);
    expect(text.length).toBeLessThan(40_000);
  });

  it('switches the current context without the parser of its commands', async () => {
    const agent = await startFakeAgent(home.paths);
    const loaded = async (...args: readonly string[]) => {
      const trace = path.join(home.paths.home, 'loaded.txt');
      await writeFile(
        path.join(home.paths.home, 'trace.cjs'),
        `process.on('exit', () => require('node:fs').writeFileSync(${JSON.stringify(trace)}, Object.keys(require.cache).join('\\n')));`,
      );
      const env = { ...home.env, NODE_OPTIONS: `--require=${path.join(home.paths.home, 'trace.cjs')}` };
      const { code, stdout, stderr } = await runCli(args, { env, program: builtProgram });
      expect({ code, stderr }).toMatchObject({ code: 0 });
      const files = (await readFile(trace, 'utf8')).split('\n').filter((name) => name.startsWith(root));
      const texts = await Promise.all(files.map((name) => readFile(name, 'utf8')));
      return { code, stdout, stderr, text: texts.join('\n') };
    };
    expect((await loaded('connect', 'staging', '--add')).text).toContain('node_modules/commander');
    const { code, stdout, text } = await loaded('switch', 'staging');
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'Current context: staging\n' });
    expect([...packagesIn(text)]).toEqual(['@noble/hashes']);
    expect(text.length).toBeLessThan(70_000);
    expect((await loaded('switch', '-')).stdout).toMatch(/^Current context: /);
    // The parser knows the rest.
    expect((await loaded('switch', '--help')).stdout).toContain('Usage: k8s-tunnels switch ');
    await agent.close();
  });

  it('answers a credential', async () => {
    const agent = await startFakeAgent(home.paths);
    const { stdout, code } = await runCli(['credential', 'prod'], {
      env: home.env,
      program: builtProgram,
    });
    await agent.close();
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ status: { token: 'token-of-prod' } });
  });

  it('asks the next agent where the desktop app replaces the one that runs', async () => {
    const { state, socket } = home.paths;
    const agent = await startFakeAgent(home.paths);
    const desktop = await connectAgent({ path: socket, state });
    await desktop?.call('hand-over', {});
    desktop?.close();
    const run = (...args: readonly string[]) => runCli(args, { env: home.env, program: builtProgram });
    const both = Promise.all([run('credential', 'prod', '--json'), run('status', '--json')]);
    await vi.waitFor(
      () => expect(agent.refused).toEqual(expect.arrayContaining(['credential', 'snapshot'])),
      { timeout: 10_000 },
    );
    await agent.close();
    const [credential, status] = await both;
    await run('quit');
    // The next one is a real agent, which knows no cluster.
    expect([credential.code, JSON.parse(credential.stderr || credential.stdout)]).toMatchObject([
      4,
      { error: { code: 'not-found' } },
    ]);
    expect(status.code, `${status.stderr}${status.stdout}`).toBe(0);
    expect(JSON.parse(status.stdout).agent.pid).not.toBe(process.pid);
  });

  it('starts the built agent, also through a link as npm makes it', async () => {
    const bin = path.join(home.paths.home, 'bin');
    await mkdir(bin);
    const program = path.join(bin, 'k8s-tunnels');
    await symlink(builtProgram, program);
    const { stdout, code } = await runCli(['status', '--json'], { env: home.env, program });
    expect(code).toBe(0);
    const { agent } = JSON.parse(stdout) as { agent: { pid: number } };
    if (process.platform === 'linux') {
      const command = (await readFile(`/proc/${agent.pid}/cmdline`, 'utf8')).split('\0');
      expect(command.slice(0, 3)).toEqual([process.execPath, builtProgram, 'agent']);
    }
    expect(await runCli(['quit', '--json'], { env: home.env, program })).toMatchObject({
      code: 0,
      stdout: `{"pid":${agent.pid}}\n`,
    });
  });

  it('serves the built window; an error of that part keeps its code', async () => {
    const { env } = home;
    const cli = startCli(['serve', '--json'], { env, program: builtProgram });
    const [line] = (await once(cli.child.stdout ?? cli.child, 'data')) as [string];
    const { url, port } = JSON.parse(line) as { url: string; port: number };
    const { socket } = await openPage(url);
    socket.close();
    expect(await ask({ port, path: partsOf(url).path })).toMatchObject({
      status: 200,
      body: await readFile(path.join(root, 'out/renderer/index.html'), 'utf8'),
    });
    const second = await runCli(['serve', '--json', '--port', String(port)], { env, program: builtProgram });
    expect(JSON.parse(second.stdout)).toMatchObject({ error: { code: 'port-busy' } });
    cli.child.kill('SIGINT');
    expect((await cli.done).code).toBe(0);
    await runCli(['quit'], { env, program: builtProgram });
  });
});

describe('the build', () => {
  it('has the server of AI clients without the servers of http that its SDK has too', async () => {
    const licences = await readFile(path.join(root, 'out/licences/THIRD-PARTY-LICENSES.txt'), 'utf8');
    const packages = [...licences.matchAll(/^((?:@[\w.-]+\/)?[\w.-]+) \d+\.\d+\.\d+\S* \(/gm)].map(
      ([, name]) => name,
    );
    expect(packages).toContain('@modelcontextprotocol/sdk');
    expect(
      packages.filter((name) => /^(?:express|hono|@hono|cors|raw-body|eventsource)/.test(name ?? '')),
    ).toEqual([]);
  });

  it('does nothing when nothing changed', async () => {
    const build = [path.join(root, 'scripts/build.ts')];
    await exec(process.execPath, build);
    const { stdout } = await exec(process.execPath, build);
    expect(stdout).toBe('out/ is up to date\n');
  });
});
