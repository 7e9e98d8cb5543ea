import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { decodeJwt } from 'jose';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { processStart } from '../../../main/agent/processes/process-start.ts';
import { audience } from '../../world/access/tokens.ts';
import { deniedHost, otherTcpHost, socksHost, tcpHost } from '../../world-tests/access-fixture.ts';
import { type Rig, startRig } from './rig.ts';

const never = new AbortController().signal;
const asked = { interactive: true, signal: never };
const silent = { interactive: false, signal: never };

let rig: Rig;
let children: ChildProcess[] = [];
beforeEach(async () => {
  rig = await startRig();
});
afterEach(async () => {
  for (const child of children) child.kill('SIGKILL');
  children = [];
  await rig.close();
});

const appFile = (host: string) => path.join(rig.folder, `${host}-${audience(host)}-token`);
const orgFile = () => path.join(rig.folder, 'acme.cloudflareaccess.com-org-token');
const tabs = () => rig.world.browser.tabs();

async function bystander(): Promise<ChildProcess & { pid: number }> {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
  children.push(child);
  await once(child, 'spawn');
  if (child.pid === undefined) throw new Error('no child');
  return child as ChildProcess & { pid: number };
}
async function lock(host: string, owner: { pid: number; start_time: number }) {
  await mkdir(rig.folder, { recursive: true });
  await writeFile(`${appFile(host)}.lock`, JSON.stringify(owner));
}

describe('tokens', () => {
  it('are kept as cloudflared keeps them', async () => {
    const token = await rig.access.token(tcpHost, asked);
    expect(token.email).toBe('ada@acme.example');
    expect((await readdir(rig.folder)).sort()).toEqual(
      [path.basename(orgFile()), path.basename(appFile(tcpHost))].sort(),
    );
    expect(await readFile(appFile(tcpHost), 'utf8')).toBe(token.jwt);
    expect(decodeJwt(await readFile(orgFile(), 'utf8')).type).toBe('org');
    for (const file of [appFile(tcpHost), orgFile()]) expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect((await stat(rig.folder)).mode & 0o777).toBe(0o700);
    expect(rig.logins).toEqual([1, 0]);
  });

  it('of all applications come from one login, whoever asks and however many at once', async () => {
    const told = vi.fn();
    const hosts = [tcpHost, otherTcpHost, socksHost, tcpHost];
    await Promise.all(hosts.map((host) => rig.access.token(host, { ...asked, onLogin: told })));
    expect(await tabs()).toHaveLength(1);
    expect(told).toHaveBeenCalledTimes(4);
    expect(rig.logins).toEqual([1, 0]);
  });

  it('of another run are found, and need nobody', async () => {
    const token = await rig.access.token(tcpHost, asked);
    const other = rig.another();
    expect(await other.token(tcpHost, silent)).toEqual(token);
    expect((await other.token(otherTcpHost, silent)).jwt).not.toBe(token.jwt);
    expect(await tabs()).toHaveLength(1);
    expect((await other.sessions()).sessions).toMatchObject([
      { authDomain: 'acme.cloudflareaccess.com', email: 'ada@acme.example' },
    ]);
  });

  it.each([
    ['nothing', ''],
    ['no JWT', 'garbage'],
    ['a JWT that has ended', `x.${Buffer.from('{"exp":1}').toString('base64url')}.x`],
  ])('in a file with %s are not used', async (_, text) => {
    await mkdir(rig.folder, { recursive: true });
    await writeFile(appFile(tcpHost), text);
    await writeFile(orgFile(), text);
    await expect(rig.access.token(tcpHost, silent)).rejects.toMatchObject({ code: 'access-login-needed' });
    expect(await tabs()).toEqual([]);
  });

  it('that the edge rejects are forgotten, but not one that replaced them', async () => {
    const first = await rig.access.token(tcpHost, asked);
    rig.world.access.revokeApp(tcpHost);
    await rig.access.reject(tcpHost, first);
    const second = await rig.access.token(tcpHost, silent);
    expect(second.jwt).not.toBe(first.jwt);
    await rig.access.reject(tcpHost, first);
    expect(await rig.access.token(tcpHost, silent)).toEqual(second);
    expect(await readFile(appFile(tcpHost), 'utf8')).toBe(second.jwt);
  });

  it('are needed where there are none and nobody may be asked', async () => {
    await expect(rig.access.token(tcpHost, silent)).rejects.toMatchObject({ code: 'access-login-needed' });
    expect(await tabs()).toEqual([]);
  });

  it('are refused to a person whom the policy denies', async () => {
    await rig.access.token(tcpHost, asked);
    await expect(rig.access.token(deniedHost, asked)).rejects.toMatchObject({ code: 'access-denied' });
    expect(await tabs()).toHaveLength(1);
  });

  it('cannot be kept where the folder is a file', async () => {
    await writeFile(rig.folder, '');
    const failure = await rig.access.token(tcpHost, asked).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: expect.stringMatching(/^file-un/) });
  });

  it('are asked for once more where a rotated key signs', async () => {
    await rig.access.token(tcpHost, asked);
    await rig.world.access.rotateKeys();
    rig.clock.skip(3_700_000);
    expect((await rig.access.token(otherTcpHost, silent)).email).toBe('ada@acme.example');
  });
});

describe('a login', () => {
  beforeEach(() => {
    rig.browserEnv.WORLD_PERSON = 'absent';
  });
  const waiting = () => vi.waitFor(() => expect(rig.access.logins()).toHaveLength(1));
  const emptied = () => vi.waitFor(async () => expect(await readdir(rig.folder)).toEqual([]));

  it('goes on while one of several callers still waits, and ends with the last', async () => {
    const [one, two] = [new AbortController(), new AbortController()];
    const first = rig.access.token(tcpHost, { interactive: true, signal: one.signal });
    const second = rig.access.token(otherTcpHost, { interactive: true, signal: two.signal });
    await waiting();
    one.abort();
    await expect(first).rejects.toMatchObject({ code: 'cancelled' });
    expect(rig.access.logins()).toHaveLength(1);
    two.abort();
    await expect(second).rejects.toMatchObject({ code: 'cancelled' });
    await emptied();
    expect(rig.access.logins()).toEqual([]);
  });

  it('ends when everything is closed', async () => {
    const token = rig.access.token(tcpHost, asked);
    await waiting();
    rig.access.close();
    await expect(token).rejects.toMatchObject({ code: 'cancelled' });
    await emptied();
  });

  it('fails when the login service does', async () => {
    rig.world.traffic.inject({ service: 'access', operation: 'transfer', does: { kind: 'error' } });
    await expect(rig.access.token(tcpHost, asked)).rejects.toMatchObject({ code: 'access-login-failed' });
    await emptied();
  });

  it('waits for the lock of a living program, and needs no browser when that one has logged in', async () => {
    const { pid } = await bystander();
    await lock(tcpHost, { pid, start_time: processStart(pid) ?? 0 });
    const token = rig.access.token(tcpHost, asked);
    for (let turn = 0; turn < 3; turn++) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      rig.clock.skip(2_000);
    }
    expect(await tabs()).toEqual([]);
    // The other one logs in, and keeps its lock as cloudflared does.
    delete rig.browserEnv.WORLD_PERSON;
    const { jwt } = await rig.another(path.join(rig.world.home, 'elsewhere')).token(tcpHost, asked);
    await writeFile(appFile(tcpHost), jwt);
    rig.clock.skip(2_000);
    expect((await token).jwt).toBe(jwt);
    // One tab, the other one's.
    expect(await tabs()).toHaveLength(1);
    expect(await readdir(rig.folder)).toContain(`${path.basename(appFile(tcpHost))}.lock`);
  });

  it('reports whose lock it waits for, once, and names it when the time is over', async () => {
    const { pid } = await bystander();
    await lock(tcpHost, { pid, start_time: processStart(pid) ?? 0 });
    const token = rig.access.token(tcpHost, asked);
    token.catch(() => {});
    await vi.waitFor(() => {
      rig.clock.skip(2_000);
      expect(rig.held).not.toEqual([]);
    });
    const holder = `Process ${pid} (cloudflared or another agent) holds ${appFile(tcpHost)}.lock`;
    expect(rig.held).toEqual([
      `The login for ${tcpHost} waits. ${holder}: finish the login in its browser tab, or end that process.`,
    ]);
    // The limit counts in steps, so that sleep does not end it.
    const ended = token.then(
      () => true,
      () => true,
    );
    while (!(await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, 10))])))
      rig.clock.skip(60_000);
    await expect(token).rejects.toMatchObject({
      code: 'access-login-timeout',
      hint: expect.stringContaining(holder),
    });
    expect(await tabs()).toEqual([]);
  });

  it.each([
    [
      'of a program that was killed',
      async () => {
        const child = await bystander();
        const start = processStart(child.pid) ?? 0;
        const gone = once(child, 'close');
        child.kill('SIGKILL');
        await gone;
        return { pid: child.pid, start_time: start };
      },
    ],
    [
      'of a pid that another program has now',
      async () => {
        const { pid } = await bystander();
        return { pid, start_time: (processStart(pid) ?? 0) - 60_000 };
      },
    ],
    ['of nobody', async () => ({ pid: 0, start_time: 0 })],
  ])('takes over the lock %s', async (_, owner) => {
    delete rig.browserEnv.WORLD_PERSON;
    await lock(tcpHost, await owner());
    expect((await rig.access.token(tcpHost, asked)).email).toBe('ada@acme.example');
    expect((await readdir(rig.folder)).filter((name) => name.endsWith('.lock'))).toEqual([]);
  });
});

it('renews a session that is still valid, with a login of the user', async () => {
  const team = 'acme.cloudflareaccess.com';
  rig.world.access.setTokenSeconds({ org: 600 });
  await rig.access.token(tcpHost, asked);
  const endsAt = async () => (await rig.access.sessions()).sessions[0]?.endsAt ?? 0;
  const before = await endsAt();
  rig.world.access.setTokenSeconds({ org: 3_600 });
  await rig.access.login(team, { hostnames: [tcpHost], signal: never });
  expect(await endsAt()).toBeGreaterThan(before);
  expect(await tabs()).toHaveLength(2);
});

describe('signing out of an organisation', () => {
  const team = 'acme.cloudflareaccess.com';

  it('removes its tokens, in memory and on disk, and nobody else’s', async () => {
    const jwt = (claims: object) => `x.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.x`;
    const foreign = `other.example-${'0'.repeat(64)}-token`;
    await rig.access.token(tcpHost, asked);
    await rig.access.token(otherTcpHost, silent);
    await writeFile(
      path.join(rig.folder, foreign),
      jwt({ iss: 'https://other.cloudflareaccess.com', exp: 1 }),
    );
    await writeFile(path.join(rig.folder, 'half-token'), 'eyJ');
    // One that has ended, of an application that this agent knows nothing of.
    const old = `old.example-${'1'.repeat(64)}-token`;
    await writeFile(path.join(rig.folder, old), jwt({ iss: `https://${team}`, exp: 1 }));
    expect(await rig.access.organisations()).toEqual({
      kept: expect.arrayContaining([team, 'other.cloudflareaccess.com']),
      seen: [team],
    });

    const { files, hostnames } = await rig.access.signOut(team);
    expect(new Set(files)).toEqual(
      new Set([orgFile(), appFile(tcpHost), appFile(otherTcpHost), old].map((file) => path.basename(file))),
    );
    expect(new Set(hostnames)).toEqual(new Set([tcpHost, otherTcpHost]));
    expect(new Set(await readdir(rig.folder))).toEqual(new Set(['half-token', foreign]));
    for (const access of [rig.access, rig.another()])
      await expect(access.token(tcpHost, silent)).rejects.toMatchObject({ code: 'access-login-needed' });
    expect((await rig.access.sessions()).sessions).toEqual([]);
    expect(await rig.access.signOut(team)).toEqual({ files: [], hostnames: [] });

    // The way back in is any application of it.
    const candidates = ['nothing.example', tcpHost];
    await rig.access.login(team, { hostnames: candidates, signal: never });
    expect(await rig.access.token(otherTcpHost, silent)).toBeDefined();
    expect(await tabs()).toHaveLength(2);
    await expect(
      rig.access.login('other.cloudflareaccess.com', { hostnames: candidates, signal: never }),
    ).rejects.toMatchObject({ code: 'not-found' });
  });

  it('ends a login that waits', async () => {
    rig.browserEnv.WORLD_PERSON = 'absent';
    const token = rig.access.token(tcpHost, asked);
    await vi.waitFor(() => expect(rig.access.logins()).toHaveLength(1));
    await rig.access.signOut(team);
    await expect(token).rejects.toMatchObject({ code: 'cancelled' });
    await vi.waitFor(async () => expect(await readdir(rig.folder)).toEqual([]));
  });

  it('keeps nothing of an exchange that was under way', async () => {
    await rig.access.token(tcpHost, asked);
    rig.world.traffic.reset();
    const answer = rig.world.traffic.inject({
      service: 'access',
      operation: 'login',
      does: { kind: 'hold' },
    });
    const token = rig.access.token(otherTcpHost, silent);
    await vi.waitFor(() => expect(rig.world.traffic.count('access', 'login')).toBe(1));
    await rig.access.signOut(team);
    answer();
    await expect(token).rejects.toMatchObject({ code: 'access-login-needed' });
    expect(await readdir(rig.folder)).toEqual([]);
  });
});
