import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readFile, realpath, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { systemClock } from '../../../main/agent/parts.ts';
import { pathsFrom } from '../../../main/agent/paths.ts';
import { checkAgent } from '../../../main/cli/doctor/checks/agent.ts';
import { diagnose } from '../../../main/cli/doctor/diagnose.ts';
import { applyFixes } from '../../../main/cli/doctor/fixes.ts';
import { gather } from '../../../main/cli/doctor/gather.ts';
import { askHosts } from '../../../main/cli/doctor/probes/hosts.ts';
import { lookAtOwnFiles } from '../../../main/cli/doctor/probes/own-files.ts';
import { askPlugins } from '../../../main/cli/doctor/probes/plugins.ts';
import { listenersOf } from '../../../main/cli/doctor/probes/ports.ts';
import { findPrograms } from '../../../main/cli/doctor/probes/programs.ts';
import { entryOf, facts } from './facts.ts';

let home: string;
beforeEach(async () => {
  home = await realpath(await mkdtemp(path.join(tmpdir(), 'doctor-')));
});
afterEach(() => rm(home, { recursive: true, force: true }));

const posix = process.platform !== 'win32';
const never = new AbortController().signal;

async function program(name: string, script: string): Promise<string> {
  const file = path.join(home, 'bin', name);
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  return file;
}
const asking = (more: { readonly limitMs?: number; readonly env?: Record<string, string> } = {}) => ({
  cwd: home,
  home,
  limitMs: 10_000,
  signal: never,
  ...more,
  env: { PATH: `${path.join(home, 'bin')}:/usr/bin:/bin`, ...more.env },
});

test.runIf(posix)('clients on PATH say their versions, without a kubeconfig', async () => {
  const asked = path.join(home, 'asked');
  await program(
    'kubectl',
    `echo "$KUBECONFIG $*" > ${asked}\necho 'Client Version: version.Info{Major:"1", Minor:"22", GitVersion:"v1.22.17"}'`,
  );
  await program('helm', 'echo v4.1.0+gabc');
  await program('ansible', 'echo "ansible [core 2.15.3]"');
  await program('stern', 'echo "panic: no home" >&2; exit 2');
  const { found, silent } = await findPrograms(asking({ env: { KUBECONFIG: '/broken' } }));
  const own = found.filter(({ where }) => where.startsWith(home));
  expect(own.map(({ name, version }) => [name, version])).toEqual([
    ['kubectl', '1.22.17'],
    ['helm', '4.1.0'],
    ['stern', undefined],
    ['ansible', '2.15.3'],
  ]);
  expect(silent.filter(({ where }) => where.startsWith(home))).toMatchObject([
    { name: 'stern', why: 'failed' },
  ]);
  expect(await readFile(asked, 'utf8')).toBe('/dev/null version --client\n');
});

test.runIf(posix)('a program that does not end is ended at its limit, and is a finding', async () => {
  await program('k9s', 'exec sleep 60');
  const { silent } = await findPrograms(asking({ limitMs: 50 }));
  expect(silent).toContainEqual({ name: 'k9s', where: path.join(home, 'bin', 'k9s'), why: 'too-long' });
  const programs = { found: [], silent: silent.filter(({ name }) => name === 'k9s'), unread: [] };
  expect(diagnose(facts({ agent: undefined, programs }), 0)).toMatchObject([
    { code: 'probe-timeout', subject: 'k9s' },
  ]);
});

test.runIf(posix)(
  'plugins of entries that the agent wrote say their version; others are not run',
  async () => {
    const ran = path.join(home, 'ran');
    const plugin = await program('k8s-tunnels', `echo 1.0.0; echo "$NODE_OPTIONS$*" >> ${ran}`);
    const words = [plugin, 'credential', 'a'];
    const versions = await askPlugins(
      [
        entryOf('a', { plugin: words }),
        entryOf('b', { plugin: words }),
        entryOf('c', { plugin: [path.join(home, 'other')], status: 'changed' }),
        entryOf('d', { plugin: [] }),
      ],
      asking({ env: { NODE_OPTIONS: '--no-such-option' } }),
    );
    expect(versions).toEqual([{ command: [plugin], version: '1.0.0', contexts: ['a', 'b'] }]);
    expect(await readFile(ran, 'utf8')).toBe('--version\n');
    expect(checkAgent(facts({ agent: undefined, plugins: versions }))).toMatchObject([
      { code: 'plugin-version' },
    ]);
  },
);

test.runIf(posix)('files of the agent that others can open are found, and closed by --fix', async () => {
  const state = path.join(home, 'state');
  await mkdir(path.join(state, 'catalog'), { recursive: true });
  await writeFile(path.join(state, 'secret'), '', { mode: 0o644 });
  await chmod(state, 0o700);
  expect(await lookAtOwnFiles(state)).toEqual([]);
  expect(await lookAtOwnFiles(path.join(home, 'none'))).toEqual([]);
  await chmod(state, 0o755);
  await chmod(path.join(state, 'catalog'), 0o700);
  const ownFiles = await lookAtOwnFiles(state);
  expect(ownFiles).toEqual([{ file: state, trouble: 'open', mode: 0o755 }]);
  const { fixed, left } = await applyFixes(
    checkAgent(facts({ agent: undefined, ownFiles })),
    async () => new Set(),
  );
  expect([fixed.length, left]).toEqual([1, []]);
  expect((await stat(state)).mode & 0o777).toBe(0o700);
  expect(await lookAtOwnFiles(state)).toEqual([]);
});

test('what cannot be fixed stays a finding, and says why', async () => {
  const ownFiles = [{ file: path.join(home, 'gone'), trouble: 'open', mode: 0o644 } as const];
  const { fixed, left } = await applyFixes(
    checkAgent(facts({ agent: undefined, ownFiles })),
    async () => new Set(),
  );
  expect(fixed).toEqual([]);
  expect(left).toMatchObject([
    { code: 'own-file-open', reason: expect.stringContaining('could not be fixed') },
  ]);
});

test('an entry counts as fixed only if it is whole afterwards, and the agent is asked once', async () => {
  const broken = ['a', 'b'].map((id) => entryOf(id, { id, status: 'changed', lacks: ['user'] }));
  const all = facts({
    agent: { status: 'running' } as never,
    kubeconfig: { ...facts().kubeconfig, entries: broken } as never,
  });
  const { checkEntries } = await import('../../../main/cli/doctor/checks/entries.ts');
  let asked = 0;
  const { fixed, left } = await applyFixes(checkEntries(all), async () => {
    asked += 1;
    return new Set(['b']);
  });
  expect([asked, fixed.map(({ subject }) => subject), left.map(({ subject }) => subject)]).toEqual([
    1,
    ['b'],
    ['a'],
  ]);
});

test.runIf(process.platform === 'linux')(
  'who listens on a port is found without connecting to it',
  async () => {
    let connections = 0;
    const server = createServer(() => {
      connections += 1;
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    const found = await listenersOf([entryOf('a', { port }), entryOf('b', { port: 1 })], {
      env: process.env,
    });
    server.close();
    expect(found).toMatchObject([
      { name: 'a', listener: { kind: 'own', process: { pid: process.pid } } },
      { name: 'b', listener: { kind: 'none' } },
    ]);
    expect(connections).toBe(0);
  },
);

test('names are resolved where no proxy does it; what answers is not asked again', async () => {
  const resolved: string[] = [];
  const resolve = async (host: string) => {
    resolved.push(host);
    throw Object.assign(new Error('no'), { code: 'ENOTFOUND' });
  };
  const ask = (env: Record<string, string>) =>
    askHosts({
      hosts: ['acme.example'],
      env,
      extraAuthorities: undefined,
      limitMs: 5_000,
      signal: never,
      resolve,
    });
  expect(await ask({})).toMatchObject({ hosts: [{ status: 'unresolved', code: 'ENOTFOUND' }] });
  expect(resolved).toEqual(['acme.example']);
  // Nothing listens at the proxy.
  expect(await ask({ HTTPS_PROXY: 'http://127.0.0.1:1' })).toMatchObject({
    hosts: [{ status: 'unreachable', error: { code: expect.stringMatching(/^network-/) } }],
  });
  expect(resolved).toHaveLength(1);
});

test('a file of CA certificates that does not exist is reported, and the hosts are asked all the same', async () => {
  const { authorities, hosts } = await askHosts({
    hosts: ['a.example'],
    env: { SSL_CERT_FILE: path.join(home, 'none.pem') },
    extraAuthorities: undefined,
    limitMs: 5_000,
    signal: never,
    resolve: () => Promise.reject(new Error('offline')),
  });
  expect(authorities).toMatchObject([{ message: expect.stringContaining('none.pem') }]);
  expect(hosts).toHaveLength(1);
});

test.runIf(posix)('a probe that does not answer is late, and what the others found is there', async () => {
  const env = { HOME: home, PATH: path.join(home, 'bin') };
  await program('kubectl', 'echo v1.34.1; exec sleep 60');
  const limits: (() => void)[] = [];
  // Time passes when the test says so.
  const clock = {
    ...systemClock,
    timer: (ms: number, run: () => void) => {
      if (ms === 5_000) limits.push(run);
      return () => {};
    },
  };
  const gathering = gather({
    env,
    paths: pathsFrom(env),
    source: { kubeconfig: undefined, cwd: home, home },
    folder: home,
    clock,
    worker: undefined,
  });
  await vi.waitFor(() => expect(limits.length).toBeGreaterThanOrEqual(4));
  for (const reach of limits) reach();
  const { facts: known } = await gathering;
  expect(known.late).toContain('programs on PATH');
  expect(known).toMatchObject({ agent: { status: 'none' }, kubeconfig: { entries: [] } });
  expect(diagnose(known, 0).map(({ code }) => code)).toEqual(
    expect.arrayContaining(['agent-not-running', 'probe-timeout']),
  );
});
