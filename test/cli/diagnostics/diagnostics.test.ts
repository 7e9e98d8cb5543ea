import { execFile } from 'node:child_process';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FakeAgent, startFakeAgent } from '../fake-agent.ts';
import { type Home, makeHome, runCli } from '../run-cli.ts';
import { runInTerminal } from '../terminal.ts';

/** One of each kind of secret, where it may be in a home. None has a form that says what it is, unless its place does. */
const seeds = {
  proxyPassword: 'pxpwordpxpwordpx',
  proxyUser: 'pxuserpxuserpxus',
  tlsSecret: 'tlssecrettlssecret',
  /** Read below: that of the agent. */
  socketSecret: '',
  accessToken: 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhZGEifQ.c2lnbmF0dXJl',
  environmentToken: 'plainvaultvalue',
  environmentKey: 'plainawskeyvalue',
  environmentProxy: 'proxypasswordword',
  settingPassword: 'collectorpassword',
  kubeconfigToken: 'kubeconfigtokenvalue',
  clientSecret: 'GOCSPX-abcdefghijklmnopqrstuvwx',
  serviceToken: 'servicetokensecretvalue',
  bearer: 'c2VjcmV0LWJlYXJlci12YWx1ZQ',
};

let home: Home;
let agent: FakeAgent;
let folder: string;
let env: Record<string, string>;
const file = () => path.join(folder, 'report.tar.gz');
const run = (...args: readonly string[]) => runCli(['diagnostics', ...args], { env, cwd: folder });

beforeAll(async () => {
  home = await makeHome();
  agent = await startFakeAgent(home.paths);
  const { state, config, cloudflared } = home.paths;
  folder = path.join(home.paths.home, 'work');
  env = {
    ...home.env,
    VAULT_TOKEN: seeds.environmentToken,
    AWS_SECRET_ACCESS_KEY: seeds.environmentKey,
    HTTPS_PROXY: `http://ada:${seeds.environmentProxy}@127.0.0.1:9`,
  };
  for (const one of [folder, config, cloudflared, path.join(home.paths.home, '.kube')])
    await mkdir(one, { recursive: true });
  const write = (place: string, value: unknown) =>
    writeFile(place, typeof value === 'string' ? value : JSON.stringify(value), { mode: 0o600 });
  await write(path.join(state, 'ports.json'), {
    version: 1,
    data: { a: { port: 21_000, user: seeds.proxyUser, password: seeds.proxyPassword } },
  });
  await write(path.join(state, 'api-proxy-secrets.json'), {
    version: 1,
    data: [{ secret: seeds.tlsSecret }],
  });
  seeds.socketSecret = (await readFile(path.join(state, 'socket-secret'), 'utf8')).trim();
  expect(seeds.socketSecret.length).toBeGreaterThan(16);
  await write(path.join(cloudflared, 'app.example-token'), seeds.accessToken);
  await write(path.join(config, 'settings.json'), {
    auditExport: `https://ada:${seeds.settingPassword}@collector.example/v1/logs`,
    oauthClient: { id: 'public', secret: seeds.clientSecret },
    unknownToken: [seeds.serviceToken],
  });
  await write(
    path.join(home.paths.home, '.kube', 'config'),
    `apiVersion: v1\nkind: Config\nusers:\n- name: a\n  user: {token: ${seeds.kubeconfigToken}}\n`,
  );
  // What a log or another program's output could repeat.
  const lines = Object.values(seeds).filter(
    (one) => one !== seeds.serviceToken && one !== seeds.kubeconfigToken,
  );
  await write(
    path.join(state, 'agent.log'),
    `${'x'.repeat(100)}\nAuthorization: Bearer ${seeds.bearer}\nsocks5://u:${seeds.proxyPassword}@127.0.0.1\ntoken: "${seeds.kubeconfigToken}"\nsecret=${seeds.serviceToken}\nopened ${home.paths.home}/.kube/config\n${lines
      .filter((one) => one !== seeds.bearer && one !== seeds.settingPassword)
      .map((one) => `a program wrote ${one} here`)
      .join('\n')}\n`,
  );
  agent.deny(
    'staging',
    `Denied: https://ada:${seeds.settingPassword}@host.example/ token=${seeds.serviceToken}`,
  );
});
afterAll(async () => {
  await agent.close();
  await home.remove();
});

describe('diagnostics', () => {
  it('lists what would be in the archive, and writes nothing', async () => {
    const { code, stdout } = await run('--list');
    expect(code).toBe(0);
    for (const name of [
      'versions.json',
      'doctor.json',
      'state.json',
      'activity.json',
      'probes.json',
      'metrics.txt',
    ])
      expect(stdout).toMatch(new RegExp(`^  ${name} +\\d`, 'm'));
    expect(stdout).toContain('Secrets are removed.');
    expect(await readdir(folder)).toEqual([]);
  }, 60_000);

  it('without a terminal it needs --yes; in one it asks, and takes no for an answer', async () => {
    expect(await run()).toMatchObject({ code: 2, stderr: expect.stringContaining('add --yes') });
    const { code, screen } = await runInTerminal({
      args: ['diagnostics', '--output', file()],
      env,
      when: 'Write it?',
      keys: 'n',
    });
    expect(screen).toContain('versions.json');
    expect(code).toBe(130);
    expect(await readdir(folder)).toEqual([]);
  }, 60_000);

  it('writes an archive that only its owner can read, once, without any secret', async () => {
    const { code, stdout } = await run('--yes', '--output', file(), '--json');
    expect(code).toBe(0);
    const { file: written, contents } = JSON.parse(stdout) as { file: string; contents: { name: string }[] };
    expect(written).toBe(file());
    expect((await stat(file())).mode & 0o777).toBe(0o600);
    // A real tar reads it.
    const listed = await promisify(execFile)('tar', ['-tvzf', file()]);
    expect(listed.stdout.trim().split('\n')).toHaveLength(contents.length);
    expect(listed.stdout).toMatch(/^-rw------- .* k8s-tunnels-diagnostics\/versions\.json$/m);
    await promisify(execFile)('tar', ['-xzf', file(), '-C', folder]);

    const text = gunzipSync(await readFile(file())).toString('utf8');
    for (const [name, seed] of Object.entries(seeds)) {
      expect(text, name).not.toContain(seed);
      expect(text, name).not.toContain(Buffer.from(seed).toString('base64').slice(0, 12));
    }
    expect(text).not.toContain(home.paths.home);
    const read = async (name: string) => readFile(path.join(folder, 'k8s-tunnels-diagnostics', name), 'utf8');
    expect(await read('agent.log')).toContain('opened ~/.kube/config');
    expect(JSON.parse(await read('versions.json'))).toMatchObject({
      agent: { version: '0.1.0' },
      node: process.version,
    });
    expect(JSON.parse(await read('doctor.json'))).toMatchObject({ findings: expect.any(Array) });
    const state = JSON.parse(await read('state.json'));
    expect(state.clusters.length).toBeGreaterThan(0);
    expect(JSON.stringify(state.policies)).toContain(
      'Denied: https://[redacted]@host.example/ token=[redacted]',
    );
    expect(JSON.parse(await read('settings.json')).oauthClient).toEqual({
      id: 'public',
      secret: '[redacted]',
    });
    expect(JSON.parse(await read('activity.json')).entries.length).toBeGreaterThan(0);

    const again = await run('--yes', '--output', file());
    expect(again).toMatchObject({ code: 2, stderr: expect.stringContaining('exists') });
  }, 60_000);
});
