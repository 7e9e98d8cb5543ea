import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createAccess } from '../../../main/agent/access/access.ts';
import type { Agent } from '../../../main/agent/agent.ts';
import { createNetwork } from '../../../main/agent/network/network.ts';
import { trustAuthorities } from '../../../main/agent/network/trust.ts';
import { openUrl } from '../../../main/agent/open-url.ts';
import { silentLogger, systemClock } from '../../../main/agent/parts.ts';
import { pathsFrom } from '../../../main/agent/paths.ts';
import { startAgent } from '../../support/start-agent.ts';
import { deniedHost, type Fixture, startFixture, tcpHost } from '../../world-tests/access-fixture.ts';

let world: Fixture;
let agent: Agent;
let managed: string;
let list: string;

const manage = (...lines: readonly string[]) =>
  writeFile(managed, ['version: 1', 'name: Acme', `sources: {files: [${list}]}`, ...lines, ''].join('\n'));

/** What another program did before: who has no session yet is not refused but sent to a login. */
async function signIn(): Promise<void> {
  const { HOME: _, ...env } = environment();
  trustAuthorities({ env });
  const network = createNetwork(env);
  const access = createAccess({
    network,
    clock: systemClock,
    logger: silentLogger,
    folder: path.join(world.home, '.cloudflared'),
    openUrl: (url) => openUrl(url, { ...process.env, ...environment() }),
    onLogins: () => {},
  });
  await access.token(tcpHost, { interactive: true, signal: new AbortController().signal });
  access.close();
  network.reset();
}

const environment = () => ({
  HOME: world.home,
  HTTPS_PROXY: world.proxy.url,
  SSL_CERT_FILE: world.authorityFile,
  K8S_TUNNELS_MANAGED_CONFIG: managed,
  BROWSER: world.browser.command,
  AWS_EC2_METADATA_DISABLED: 'true',
});

async function start(): Promise<void> {
  const env = environment();
  const paths = pathsFrom(env, 'linux');
  agent = await startAgent({ env, paths, openUrl: (url) => openUrl(url, { ...process.env, ...env }) });
  await agent.discover();
}

const connect = async (cluster: string) => {
  const { results } = await agent.connect({
    clusters: [cluster],
    signal: new AbortController().signal,
    mode: 'add',
  });
  return results[0];
};

beforeEach(async () => {
  world = await startFixture({ transferHoldMs: 200 });
  managed = path.join(world.home, 'managed.yaml');
  const folder = path.join(world.home, '.config', 'k8s-tunnels', 'organisation-files');
  await mkdir(folder, { recursive: true, mode: 0o700 });
  list = path.join(folder, 'clusters.yaml');
  const cluster = (name: string, hostname: string) => [
    `- name: ${name}`,
    '  server: https://10.0.0.1:443',
    `  tags: {hostname: ${hostname}, environment: live}`,
  ];
  await mkdir(world.home, { recursive: true });
  await writeFile(list, [...cluster('open', tcpHost), ...cluster('closed', deniedHost), ''].join('\n'));
});
afterEach(async () => {
  await agent.close();
  await world.close();
});

describe('an agent of an organisation', () => {
  it('opens no login for a cluster of another team', async () => {
    await manage('access: {team: globex.cloudflareaccess.com}');
    await start();
    expect(await connect('open')).toMatchObject({
      status: 'failed',
      stage: 'access',
      mender: 'access-administrator',
      error: { code: 'access-foreign-team' },
    });
    expect(await world.browser.tabs()).toEqual([]);
  });

  it('tells whom Access refuses where to ask', async () => {
    await manage(
      'access: {team: acme.cloudflareaccess.com}',
      'links: {accessRequest: "https://help.acme.example/"}',
    );
    await signIn();
    await start();
    expect(await connect('closed')).toMatchObject({
      status: 'failed',
      error: { hint: expect.stringContaining('Ask for access: https://help.acme.example/') },
    });
  });

  it('marks as production what the organisation calls so, and follows a change', async () => {
    await manage('production: {environments: [Live]}', 'locked: [clusterFiles]');
    await start();
    const productions = () => agent.snapshot().clusters.map(({ production }) => production);
    expect(productions()).toEqual([true, true]);
    expect(agent.snapshot()).toMatchObject({
      organisation: { name: 'Acme', origin: 'managed', production: { environments: ['Live'] } },
      settings: { clusterFiles: [list] },
      settingsFrom: { clusterFiles: 'organisation', awsRegions: 'default' },
    });
    const changes: string[] = [];
    agent.subscribe((change) =>
      changes.push(...(change.kind === 'set' ? Object.keys(change.values) : [change.kind])),
    );
    await manage('production: {environments: [production]}', 'defaults: {catalogMaxAgeMinutes: 30}');
    expect(await agent.setup.refresh()).toBe(true);
    expect(productions()).toEqual([false, false]);
    expect(changes).toEqual(expect.arrayContaining(['settings', 'catalog', 'organisation']));
    expect(agent.changeSettings({ clusterFiles: [] }).clusterFiles).toEqual([]);
  });

  it('reads a list of clusters from the folders for such files only, and says so', async () => {
    const elsewhere = path.join(world.home, 'clusters.yaml');
    await writeFile(elsewhere, await readFile(list, 'utf8'));
    list = elsewhere;
    await manage();
    await start();
    const [cell] = agent.snapshot().cells.filter(({ source }) => source === 'file');
    expect(agent.snapshot().clusters).toEqual([]);
    const refused = {
      code: 'organisation-refused',
      message: expect.stringContaining(`${elsewhere} (sources.files of your organisation's configuration)`),
    };
    expect(cell).toMatchObject({ error: refused });
    expect((await agent.findings()).clusterFiles).toMatchObject([{ file: elsewhere, error: refused }]);
    // The user may name any list.
    agent.changeSettings({ clusterFiles: [elsewhere] });
    await agent.discover();
    expect(agent.snapshot().clusters).toHaveLength(2);
  });

  it('trusts additional CA certificates from those folders only, and starts without others', async () => {
    await manage(`defaults: {extraAuthorities: ${world.authorityFile}}`);
    await start();
    expect(agent.snapshot().notices).toEqual([
      expect.objectContaining({
        level: 'warning',
        message: expect.stringContaining(`${world.authorityFile} (defaults.extraAuthorities`),
      }),
    ]);
  });

  it('starts with a setting that names no CA certificates, so that it can be changed', async () => {
    await start();
    agent.changeSettings({ extraAuthorities: '/etc/passwd' });
    await agent.close();
    await start();
    expect(agent.snapshot().notices).toEqual([
      expect.objectContaining({
        level: 'warning',
        message: expect.stringContaining('/etc/passwd, named by the setting extraAuthorities'),
      }),
    ]);
    agent.changeSettings({ extraAuthorities: '' });
  });

  it('asks nobody about production where it says so', async () => {
    await manage('production: {environments: [live], guard: false}');
    await signIn();
    await start();
    const use = () =>
      agent.connect({ clusters: ['closed'], signal: new AbortController().signal, mode: 'switch' });
    expect(await use()).toMatchObject({ results: [{ error: { code: 'access-denied' } }] });
    await manage('production: {environments: [live]}');
    await agent.setup.refresh();
    await expect(use()).rejects.toMatchObject({ code: 'production-unconfirmed' });
  });

  it('begins the keys of tags as it wishes, at once when it changes', async () => {
    await writeFile(list, '- { name: bare, server: "https://10.0.0.1:443" }\n');
    await manage('tagPrefix: acme-k8s-');
    await start();
    const bare = () => agent.snapshot().clusters.map(({ reach, tagPrefix }) => ({ reach, tagPrefix }));
    expect(bare()).toMatchObject([
      { tagPrefix: 'acme-k8s-', reach: { reason: expect.stringContaining('no tag acme-k8s-hostname') } },
    ]);
    await manage();
    await agent.setup.refresh();
    await agent.discover();
    expect(bare()).toMatchObject([
      { reach: { reason: expect.stringContaining('no tag k8s-tunnels-hostname') } },
    ]);
    expect(bare()[0]?.tagPrefix).toBeUndefined();
  });

  it('says where there is support when it cannot start', async () => {
    await manage('links: {support: "https://help.acme.example/"}');
    await start();
    await agent.close();
    const settings = path.join(pathsFrom(environment(), 'linux').config, 'settings.json');
    await rm(settings, { force: true });
    await mkdir(settings);
    await expect(start()).rejects.toMatchObject({
      code: 'bad-input',
      hint: expect.stringMatching(/^Fix the file by hand, .* Support: https:\/\/help\.acme\.example\/$/),
    });
  });
});
