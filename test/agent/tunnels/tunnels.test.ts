import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import net from 'node:net';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createAuthority } from '../../world/authority.ts';
import { type Rig, startRig } from './rig.ts';

const title = 'payments-staging';
const host = 'payments-staging.k8s.acme.example';

let rig: Rig;
beforeEach(async () => {
  rig = await startRig();
});
afterEach(() => rig.close());

const tokenFile = async () => {
  const folder = path.join(rig.world.home, '.cloudflared');
  const name = (await readdir(folder)).find((each) => each.startsWith(host) && each.endsWith('-token'));
  return readFile(path.join(folder, name ?? ''), 'utf8');
};

describe('opening', () => {
  it('logs in once for several clusters at once, and kubectl works through each', async () => {
    const names = [title, 'search-staging', 'tools', 'ledger-prod'];
    const opened = await Promise.all(names.map((name) => rig.open(name)));
    expect(opened.map(({ state }) => state.status)).toEqual(names.map(() => 'connected'));
    expect(await rig.world.browser.tabs()).toHaveLength(1);
    expect(rig.world.traffic.count('idp', 'sign-in')).toBe(1);
    expect(new Set(opened.map(({ tunnel }) => tunnel.localPort()?.port)).size).toBe(names.length);
    for (const name of names.slice(0, 2))
      expect(await rig.kubectl(name, 'get', 'namespaces')).toContain(`${name}-jobs`);
    expect(rig.statuses(title)).toEqual(['connecting', 'logging-in', 'connecting', 'connected']);
  });

  it('tells the latency of every stage', async () => {
    const { state } = await rig.open(title);
    if (state.status !== 'connected') throw new Error(JSON.stringify(state));
    expect(state.probe.stages.map(({ stage }) => stage)).toEqual([
      'edge',
      'access',
      'origin',
      'tls',
      'readyz',
    ]);
    expect(state.probe.stages.every(({ ms }) => ms >= 0)).toBe(true);
  });

  it('takes a tcp origin too', async () => {
    const secret = rig.world.plan.vault.secrets[0];
    const { state } = await rig.open(title, {
      server: secret?.server ?? '',
      certificateAuthorityData: Buffer.from(rig.world.api('depot-berlin').authority.certificate).toString(
        'base64',
      ),
      reach: { kind: 'tunnel', hostname: 'depot-berlin.k8s.acme.example', origin: 'tcp' },
    });
    expect(state).toMatchObject({ status: 'connected' });
  });

  it.each([
    ['the policy denies the person', 'lake-prod', 'access-denied', 'access', 'access-administrator'],
    ['the origin is down', 'tools-next', 'origin-failed', 'origin', 'cluster-administrator'],
  ])('fails where %s', async (_, name, code, stage, mender) => {
    // A person whom the policy denies at the login itself is told by the browser alone.
    await rig.open(title);
    const { state } = await rig.open(name);
    expect(state).toMatchObject({ status: 'failed', failure: { stage, mender, error: { code } } });
  });

  it('fails where no application protects the host', async () => {
    const reach = { kind: 'tunnel' as const, hostname: rig.world.plan.team, origin: 'socks' as const };
    const { state } = await rig.open(title, { reach });
    expect(state).toMatchObject({ status: 'failed', failure: { error: { code: 'access-no-application' } } });
  });

  it('fails with kube-untrusted where the certificate is of another authority, and with the right one connects', async () => {
    const other = await createAuthority('somebody else');
    const certificateAuthorityData = Buffer.from(other.certificate).toString('base64');
    const { state, tunnel } = await rig.open(title, { certificateAuthorityData });
    expect(state).toMatchObject({
      status: 'failed',
      failure: { stage: 'tls', mender: 'cluster-administrator', error: { code: 'kube-untrusted' } },
    });
    await rig.tunnels.close(tunnel.id);
    expect((await rig.open(title)).state.status).toBe('connected');
  });

  it('can be tried again at once after a failure', async () => {
    const lift = rig.world.traffic.inject({ service: 'origin', does: { kind: 'error' } });
    const { state, tunnel } = await rig.open(title);
    expect(state.status).toBe('failed');
    lift();
    expect((await tunnel.open({ interactive: true, persist: false })).status).toBe('connected');
  });

  it('takes what the cluster says by then when it is tried again after a failure', async () => {
    const reach = { kind: 'tunnel' as const, hostname: rig.world.plan.team, origin: 'socks' as const };
    const { state, tunnel } = await rig.open(title, { reach });
    expect(state).toMatchObject({ status: 'failed', failure: { error: { code: 'access-no-application' } } });
    const again = await rig.open(title);
    expect(again.tunnel).toBe(tunnel);
    expect(again.state.status).toBe('connected');
  });

  it('moves to the next port, with a new password, where its own is taken', async () => {
    const { tunnel } = await rig.open(title);
    const before = tunnel.localPort();
    await rig.tunnels.close(tunnel.id);
    const stranger = net.createServer().listen(before?.port, '127.0.0.1');
    await once(stranger, 'listening');
    const again = await rig.open(title);
    expect(again.state.status).toBe('connected');
    expect(again.tunnel.localPort()?.port).toBe((before?.port ?? 0) + 1);
    expect(again.tunnel.localPort()?.credentials.password).not.toBe(before?.credentials.password);
    const port = before?.port ?? 0;
    await vi.waitFor(() =>
      expect(rig.notices).toEqual([
        expect.stringMatching(`^Port ${port} of ${title} is in use.* moved to port ${port + 1}, with a new`),
      ]),
    );
    stranger.close();
  });

  it('reports a move also where nobody can say which program has the port', async () => {
    const { tunnel } = await rig.open(title);
    const { port = 0 } = tunnel.localPort() ?? {};
    await rig.tunnels.close(tunnel.id);
    const stranger = net.createServer().listen(port, '127.0.0.1');
    await once(stranger, 'listening');
    const listenerOf = vi.spyOn(rig.peers, 'listenerOf').mockResolvedValue(undefined);
    expect((await rig.open(title)).state.status).toBe('connected');
    await vi.waitFor(() => expect(listenerOf).toHaveBeenCalledWith(port));
    await vi.waitFor(() =>
      expect(rig.notices).toEqual([
        `Port ${port} of ${title} is in use. ${title} has moved to port ${port + 1}, with a new password.`,
      ]),
    );
    stranger.close();
  });

  it('stays on its port, with its password, where that cannot be opened for another reason', async () => {
    const { tunnel } = await rig.open(title);
    const before = tunnel.localPort();
    await rig.tunnels.close(tunnel.id);
    const listen = vi.spyOn(net.Server.prototype, 'listen').mockImplementation(function (this: net.Server) {
      setImmediate(() => this.emit('error', Object.assign(new Error('EMFILE'), { code: 'EMFILE' })));
      return this;
    });
    const failed = await rig.open(title);
    listen.mockRestore();
    expect(failed.state).toMatchObject({ status: 'failed', failure: { error: { code: 'port-failed' } } });
    const again = await rig.open(title);
    expect(again.state.status).toBe('connected');
    expect(again.tunnel.localPort()).toEqual(before);
    expect(rig.notices).toEqual([]);
  });

  it('is left by closing while a person is asked, without a lock or a second tab', async () => {
    rig.browserEnv.WORLD_PERSON = 'absent';
    const tunnel = rig.tunnels.tunnel(rig.cluster(title));
    const opening = tunnel.open({ interactive: true, persist: false });
    await vi.waitFor(() => expect(rig.access.logins()).toHaveLength(1));
    expect(tunnel.state().status).toBe('logging-in');
    await rig.tunnels.close(tunnel.id);
    expect((await opening).status).toBe('closing');
    await vi.waitFor(async () =>
      expect(await readdir(path.join(rig.world.home, '.cloudflared'))).toEqual([]),
    );
    expect(rig.access.logins()).toEqual([]);
    expect(rig.tunnels.list()).toEqual([]);
    delete rig.browserEnv.WORLD_PERSON;
    expect((await rig.open(title)).state.status).toBe('connected');
    expect(await rig.world.browser.tabs()).toHaveLength(2);
  });

  it('asked for while it closes opens again on the same port', async () => {
    const { tunnel } = await rig.open(title);
    const port = tunnel.localPort()?.port;
    const closed = rig.tunnels.close(tunnel.id);
    const again = rig.tunnels.tunnel(rig.cluster(title)).open({ interactive: false, persist: false });
    await closed;
    expect((await again).status).toBe('connected');
    expect(rig.tunnels.list().map((each) => [each.state().status, each.localPort()?.port])).toEqual([
      ['connected', port],
    ]);
    expect(await rig.kubectl(title, 'get', 'namespaces')).toContain(`${title}-jobs`);
  });

  it('gives the agent’s own client a connection, and the server that it has to verify at its end', async () => {
    const { tunnel } = await rig.open(title);
    const { stream, server } = await tunnel.dial(AbortSignal.timeout(60_000));
    stream.destroy();
    const { server: address, certificateAuthorityData = '' } = rig.cluster(title);
    expect(server).toEqual(tunnel.server());
    expect(server).toMatchObject({
      target: { host: new URL(address).hostname, port: 443 },
      authority: Buffer.from(certificateAuthorityData, 'base64').toString(),
    });
  });
});

describe('standing', () => {
  it('comes back by itself on the same port when the edge drops everything under kubectl', async () => {
    const { tunnel } = await rig.open(title);
    const local = tunnel.localPort();
    const watch = await rig.spawnKubectl(title, 'get', 'namespaces', '--watch', '-o', 'name');
    const { stdout } = watch;
    if (stdout === null) throw new Error('no output');
    await once(stdout, 'data');
    stdout.resume();
    const ended = once(watch, 'close');
    const probed = rig.world.traffic.count('edge', 'upgrade');
    rig.world.access.dropConnections();
    await vi.waitFor(() => expect(rig.world.traffic.count('edge', 'upgrade')).toBeGreaterThan(probed));
    watch.kill();
    await ended;
    await rig.until(title, 'connected');
    expect(tunnel.localPort()).toEqual(local);
    expect(await rig.kubectl(title, 'get', 'namespaces', '-o', 'name')).toContain('namespace/default');
    expect(await rig.world.browser.tabs()).toHaveLength(1);
  });

  it('probes when the spare is dropped', async () => {
    await rig.open(title);
    await rig.kubectl(title, 'get', '--raw', '/version');
    // Beside that of the probes.
    await vi.waitFor(() => expect(rig.world.access.openConnections()).toBe(2));
    const probes = rig.states.length;
    rig.clock.skip(2_000);
    rig.world.access.dropConnections();
    await vi.waitFor(() => expect(rig.states.length).toBeGreaterThan(probes));
    expect(rig.statuses(title).at(-1)).toBe('connected');
  });

  it('keeps trying, ever less often, while the proxy refuses', async () => {
    const { tunnel } = await rig.open(title);
    const lift = rig.world.traffic.inject({ service: 'proxy', does: { kind: 'error' } });
    rig.world.proxy.dropConnections();
    tunnel.wake();
    for (const attempt of [1, 2, 3, 4, 5]) {
      // Of those that were: it may have tried again since.
      const state = await vi.waitFor(() => {
        const seen = rig.states.map(({ state }) => state).filter((one) => one.status === 'reconnecting');
        const found = seen.find((one) => one.attempt === attempt);
        if (found === undefined) throw new Error(JSON.stringify(tunnel.state()));
        return found;
      });
      expect(state).toMatchObject({ failure: { stage: 'edge', error: { code: 'network-proxy' } } });
      expect(state.nextAt - rig.clock.now()).toBeLessThanOrEqual(250 * 2 ** (attempt - 1));
      rig.clock.skip(30_000);
    }
    lift();
    rig.clock.skip(30_000);
    await rig.until(title, 'connected');
    expect(await rig.world.browser.tabs()).toHaveLength(1);
  });

  it('waits longer from failure to failure, and shortly again once it has been up for half a minute', async () => {
    const { tunnel } = await rig.open(title);
    /** Fails once more, and is up again. Returns which failure in a row it was. */
    const failAgain = async () => {
      const from = rig.states.length;
      const lift = rig.world.traffic.inject({ service: 'proxy', does: { kind: 'error' } });
      rig.world.proxy.dropConnections();
      tunnel.wake();
      const attempt = await vi.waitFor(() => {
        const state = rig.states.slice(from).find(({ state }) => state.status === 'reconnecting')?.state;
        if (state?.status !== 'reconnecting') throw new Error(JSON.stringify(tunnel.state()));
        return state.attempt;
      });
      lift();
      rig.clock.skip(30_000);
      await rig.until(title, 'connected');
      return attempt;
    };
    expect(await failAgain()).toBe(1);
    expect(await failAgain()).toBeGreaterThan(1);
    rig.clock.skip(31_000);
    const at = rig.clock.now();
    await vi.waitFor(() =>
      expect(tunnel.state()).toMatchObject({ probe: { at: expect.toSatisfy((then) => then >= at) } }),
    );
    expect(await failAgain()).toBe(1);
  });

  it('is degraded while the API server is not ready', async () => {
    const { tunnel } = await rig.open(title);
    rig.world.api(title).setReady(false);
    tunnel.wake();
    expect(await rig.until(title, 'degraded')).toMatchObject({
      failure: { stage: 'readyz', error: { code: 'kube-unready' } },
    });
    rig.world.api(title).setReady(true);
    rig.clock.skip(5_000);
    await rig.until(title, 'connected');
  });

  it('renews a revoked application token without a person', async () => {
    const { tunnel } = await rig.open(title);
    const before = await tokenFile();
    rig.world.access.revokeApp(host);
    const probes = rig.states.length;
    tunnel.wake();
    await vi.waitFor(() => expect(rig.states.length).toBeGreaterThan(probes));
    expect(rig.statuses(title).at(-1)).toBe('connected');
    expect(await tokenFile()).not.toBe(before);
    expect(await rig.world.browser.tabs()).toHaveLength(1);
  });

  it('fails, and opens no browser by itself, when both tokens are gone; a person may log in again', async () => {
    const { tunnel } = await rig.open(title);
    rig.world.access.revokeAll();
    rig.world.access.endSessions();
    tunnel.wake();
    expect(await rig.until(title, 'failed')).toMatchObject({
      failure: { stage: 'access', mender: 'you', error: { code: 'access-login-needed' } },
    });
    for (let night = 0; night < 20; night++) rig.clock.skip(600_000);
    await expect(rig.kubectl(title, 'get', 'namespaces')).rejects.toThrow();
    expect(await rig.world.browser.tabs()).toHaveLength(1);
    const [again, twice] = await Promise.all([
      tunnel.open({ interactive: true, persist: false }),
      tunnel.open({ interactive: true, persist: false }),
    ]);
    expect([again.status, twice.status]).toEqual(['connected', 'connected']);
    expect(await rig.world.browser.tabs()).toHaveLength(2);
  });

  it('lets the user who connects sign in at once where the edge refuses the stored token', async () => {
    const { tunnel } = await rig.open(title);
    await rig.tunnels.close(rig.cluster(title).id);
    rig.world.access.revokeAll();
    rig.world.access.endSessions();
    expect(await tunnel.open({ interactive: true, persist: false })).toMatchObject({ status: 'connected' });
    expect(await rig.world.browser.tabs()).toHaveLength(2);
  });

  it('opens no browser for a probe that finds no session', async () => {
    const { tunnel } = await rig.open(title);
    await rig.access.signOut(rig.world.plan.team);
    tunnel.wake();
    expect(await rig.until(title, 'failed')).toMatchObject({
      failure: { mender: 'you', error: { code: 'access-login-needed' } },
    });
    expect(await rig.world.browser.tabs()).toHaveLength(1);
  });

  it('renews a token before it ends', async () => {
    rig.world.access.setTokenSeconds({ app: 600 });
    const { tunnel } = await rig.open(title);
    const before = await tokenFile();
    // Two minutes at most are left of ten: the last fifth.
    rig.clock.skip(490_000);
    tunnel.wake();
    await vi.waitFor(async () => expect(await tokenFile()).not.toBe(before));
    expect(await rig.world.browser.tabs()).toHaveLength(1);
    expect(tunnel.state().status).toBe('connected');
  });

  it('is probed at once after sleep', async () => {
    await rig.open(title);
    const probes = rig.states.length;
    rig.clock.skip(20_000);
    await vi.waitFor(() => expect(rig.states.length).toBeGreaterThan(probes));
    expect(rig.log.join('\n')).toContain('"because":"sleep"');
  });

  it('stands while the addresses of this computer cannot be read, and they are looked at again', async () => {
    const { tunnel } = await rig.open(title);
    rig.interfaces.mockImplementation(() => {
      throw Object.assign(new Error('uv_interface_addresses'), { code: 'ERR_SYSTEM_ERROR' });
    });
    const looks = rig.interfaces.mock.calls.length;
    for (let look = 0; look < 3; look++) rig.clock.skip(5_000);
    expect(rig.interfaces.mock.calls.length).toBe(looks + 3);
    expect(tunnel.state().status).toBe('connected');
    const address = { address: '10.1.2.3', family: 'IPv4', internal: false } as const;
    rig.interfaces.mockImplementation(() => ({
      eth9: [{ ...address, netmask: '', mac: '', cidr: null }],
    }));
    rig.clock.skip(5_000);
    expect(rig.log.join('\n')).toContain('"because":"network"');
  });
});

describe('closing', () => {
  it('the last one, and no other, ends the look at the addresses of this computer', async () => {
    const [one, other] = [await rig.open(title), await rig.open('lake-prod')];
    const looks = () => {
      const before = rig.interfaces.mock.calls.length;
      rig.clock.skip(5_000);
      return rig.interfaces.mock.calls.length - before;
    };
    await rig.tunnels.close(one.tunnel.id);
    expect(looks()).toBeGreaterThan(0);
    await rig.tunnels.close(other.tunnel.id);
    expect(looks()).toBe(0);
  });

  it('leaves no socket and no timer', async () => {
    const count = () => {
      const names = process.getActiveResourcesInfo();
      return names.filter((name) => name.startsWith('TCP') || name === 'Timeout').length;
    };
    const cycle = async () => {
      const { tunnel } = await rig.open(title);
      await rig.kubectl(title, 'get', '--raw', '/version');
      await rig.tunnels.close(tunnel.id);
    };
    await cycle();
    await vi.waitFor(() => expect(rig.world.access.openConnections()).toBe(0));
    rig.network.reset();
    const before = count();
    for (let round = 0; round < 4; round++) await cycle();
    rig.network.reset();
    await vi.waitFor(() => expect(rig.world.access.openConnections()).toBe(0));
    await vi.waitFor(() => expect(count()).toBeLessThanOrEqual(before + 2));
    expect(rig.tunnels.list()).toEqual([]);
  });

  it('says no secret in its log, states and errors', async () => {
    const { tunnel } = await rig.open(title);
    await Promise.all([rig.open('lake-prod'), rig.open('tools-next')]);
    const folder = path.join(rig.world.home, '.cloudflared');
    const tokens = await Promise.all(
      (await readdir(folder)).map((name) => readFile(path.join(folder, name), 'utf8')),
    );
    rig.world.access.revokeAll();
    tunnel.wake();
    await rig.until(title, 'failed');
    const said = rig.log.join('\n') + JSON.stringify(rig.states);
    expect(tokens.length).toBeGreaterThan(1);
    for (const secret of [...tokens, tunnel.localPort()?.credentials.password ?? '?'])
      for (const part of secret.split('.')) expect(said).not.toContain(part);
  });
});
