import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { expect, test, vi } from 'vitest';
import { pathsFrom } from '../../main/agent/paths.ts';
import type { Output } from '../../main/api/contract.ts';
import { openPage, partsOf } from '../api/web/requests.ts';
import { startDouble } from '../desktop/double-driver.ts';
import { createCommandLine } from '../world/demo/command-line.ts';
import { inCallbackTurn } from '../world/free-ports.ts';
import { startWorld } from '../world/world.ts';
import { findChromium, startChromium } from './chromium.ts';
import { findSecrets, knownSecrets, watchProcesses } from './secrets.ts';

const clusters = [
  'payments-staging-eu',
  'depot-berlin',
  'depot-lyon',
  'storefront-staging',
  'loyalty-staging',
];
const patience = { timeout: 15_000 };
const clouds = ['aws', 'vault', 'gcp', 'azure'] as const;

test('no secret of a whole life is in a log, an output, an argument, an environment or a file that others may read', {
  timeout: 180_000,
}, async (context) => {
  const executable = await findChromium();
  if (executable === undefined) return context.skip('no Chromium: set K8S_TUNNELS_CHROMIUM');
  const world = await startWorld();
  const chromium = await startChromium(executable);
  const root = path.dirname(world.home);
  const temporary = path.join(root, 'tmp');
  const browserLog = path.join(root, 'browser-arguments');
  await mkdir(temporary, { mode: 0o700 });
  const browser = path.join(root, 'noting-browser');
  await writeFile(
    browser,
    `#!/bin/sh\nprintf '%s\\n' "$@" >>'${browserLog}'\nexec '${world.browser.command}' "$@"\n`,
    { mode: 0o755 },
  );
  const env = { TMPDIR: temporary, BROWSER: browser, K8S_TUNNELS_LOG: 'debug' };
  const commandLine = await createCommandLine(world, env);
  const said: { readonly by: string; readonly text: string }[] = [];
  const processes = watchProcesses(root);
  const run = async (...args: readonly string[]) => {
    const { stdout, stderr, code } = await commandLine.run('k8s-tunnels', args);
    // What kubectl is handed is a secret by its nature.
    said.push({
      by: `k8s-tunnels ${args.join(' ')}`,
      text: args[0] === 'credential' ? stderr : stdout + stderr,
    });
    return { stdout, code };
  };
  const kubectl = async (context: string) => {
    const args = ['--context', context, 'get', 'namespaces'];
    const { stdout, stderr } = await commandLine.run(commandLine.kubectl ?? 'true', args);
    said.push({ by: `kubectl ${context}`, text: stdout + stderr });
  };

  try {
    // The organisation's file, every cluster, every kind of credential.
    const { id, secret } = world.gcp.signIns.desktopClient;
    const file = path.join(world.home, 'acme.yaml');
    // A machine's way to one of them.
    const { clientId, clientSecret } = world.access.addServiceToken();
    const machine = path.join(world.home, '.config', 'k8s-tunnels', 'organisation-files');
    await mkdir(machine, { recursive: true, mode: 0o700 });
    await writeFile(path.join(machine, 'id'), clientId, { mode: 0o600 });
    await writeFile(path.join(machine, 'secret'), clientSecret, { mode: 0o600 });
    const serviceToken = `{hostnames: [depot-lyon.k8s.acme.example], clientIdFile: ${machine}/id, clientSecretFile: ${machine}/secret}`;
    const organisation = `version: 1\nname: Acme\naccess:\n  serviceTokens: [${serviceToken}]\nsources:\n  gke:\n    oauthClient: {id: ${id}, secret: ${secret}}\n`;
    await writeFile(file, organisation, { mode: 0o600 });
    await run('setup', file, '--yes');
    await run('discover');
    await run('connect', ...clusters, '--json');
    for (const name of clusters) {
      await run('credential', name);
      await kubectl(name);
    }
    await run('credential', 'loyalty-prod');
    const { agent } = JSON.parse((await run('status', '--json')).stdout) as Output<'snapshot'>;

    // Out of every cloud and in again, in the browser.
    for (const cloud of clouds) await run('logout', cloud, '--json');
    for (const cloud of clouds)
      expect(await inCallbackTurn(() => run('login', cloud, '--json'))).toMatchObject({ code: 0 });
    await run('accounts');
    for (const name of clusters) await run('credential', name);

    // Whatever may go wrong; worst, servers that repeat what they were sent.
    await run('connect', 'lake-prod', 'vault-prod', 'tools-next');
    await run('connect', 'no-such-cluster', '--json');
    // Not the pages that a browser shows: a person there would wait for ever.
    const broken = [
      ...(['sso', 'account', 'sts', 'eks', 'arm', 'resource-manager', 'edge', 'access'] as const).map(
        (service) => ({ service }),
      ),
      { service: 'sso-oidc', operation: 'CreateToken' },
      { service: 'entra', operation: 'token' },
      { service: 'google-oauth', operation: 'token' },
      { service: 'vault', operation: 'kv-v2-read' },
      { service: 'vault', operation: 'kv-v2-list' },
      { service: 'vault', operation: 'oidc-callback' },
    ] as const;
    for (const kind of ['echo', 'deny', 'throttle'] as const) {
      const lifts = broken.map((where) => world.traffic.inject({ ...where, does: { kind } }));
      world.access.revokeAll();
      world.access.dropConnections();
      await Promise.all([
        run('discover', '--json'),
        run('connect', 'search-staging', 'depot-lyon', '--add', '--json'),
        ...['playground', 'storefront-staging', 'loyalty-prod', 'depot-lyon'].map((name) =>
          run('credential', name),
        ),
      ]);
      if (kind === 'echo') for (const cloud of clouds) await inCallbackTurn(() => run('login', cloud));
      await run('status');
      for (const lift of lifts) lift();
    }
    world.vault.revokeToken();
    world.aws.signOut();
    world.azure.tokens.endRefreshes();
    world.gcp.signIns.dropAccessTokens();
    await run('discover', '--json');
    await run('credential', 'depot-berlin', '--json');

    // The window in a browser.
    const serving = commandLine.follow('k8s-tunnels', ['serve', '--json']);
    const { url } = JSON.parse(await serving.line(/^\{/)) as { readonly url: string };
    const page = await openPage(url);
    page.socket.close();
    serving.stop();
    const opening = commandLine.follow('k8s-tunnels', ['serve']);
    await opening.line(/^http:/);
    await vi.waitFor(async () =>
      expect(await world.browser.tabs()).toContainEqual(expect.stringContaining('127.0.0.1')),
    );
    opening.stop();

    // Signed in again, so that a policy can refuse at once.
    await run('connect', 'payments-staging-eu', '--add');
    const archive = path.join(root, 'report.tar.gz');
    expect(await run('diagnostics', '--yes', '--output', archive)).toMatchObject({ code: 0 });
    said.push({ by: 'the archive', text: gunzipSync(await readFile(archive)).toString('utf8') });
    // An agent that dies; the desktop, which takes over from the next, dies too and comes again.
    process.kill(agent.pid, 'SIGKILL');
    await run('status');
    for (const end of ['kill', 'quit'] as const) {
      const app = await startDouble({ env: { ...commandLine.env, TERM: 'dumb' }, chromium });
      await app.page();
      await vi.waitFor(async () => expect((await app.menu())[0]?.label).toMatch(/connected$/), {
        timeout: 15_000,
      });
      const all = 'All clusters';
      const group = (await app.menu())
        .find(({ label }) => label === all)
        ?.items.find(({ items }) => items.some(({ label }) => label.startsWith('tools-next')));
      await app.click(all, group?.label ?? '', 'tools-next');
      await vi.waitFor(async () => expect(await app.ask('notifications')).not.toEqual([]), patience);
      said.push({ by: 'notifications', text: JSON.stringify(await app.ask('notifications')) });
      await run('status', '--json');
      if (end === 'kill') await app.kill();
      else {
        await run('quit');
        await app.ended;
      }
      said.push({ by: 'the desktop', text: app.said() });
    }

    const { state } = pathsFrom(world.env);
    const secrets = await knownSecrets({ plan: world.plan, state });
    secrets.set(partsOf(url).secret.key, 'one-time secret of the window');
    secrets.set(page.session.key, 'session of the window');
    const opened = await readFile(browserLog, 'utf8');
    // An address to sign in at holds a state and a nonce: a browser is given files alone.
    expect(opened.trim().split('\n')).toEqual(
      opened
        .trim()
        .split('\n')
        .map(() => expect.stringMatching(/^(?:file:\/\/)?\/\S+\.html$/)),
    );
    said.push({ by: 'arguments of the browser', text: opened }, ...processes.end());
    const { leaks, held } = await findSecrets({
      secrets,
      home: world.home,
      folders: [world.home, temporary],
      said,
    });
    // That it can find one at all: the stores hold theirs.
    expect(held).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^\.cloudflared\/.*: app token of Access$/),
        '.kube/config: proxy password',
        '.vault-token: token of Vault',
        '.config/k8s-tunnels/organisation-files/secret: service token of Access',
        '.local/state/k8s-tunnels/ports.json: proxy password',
      ]),
    );
    expect(new Set(secrets.values()).size).toBeGreaterThan(30);
    expect(leaks).toEqual([]);
  } finally {
    processes.end();
    await commandLine.stop();
    await chromium.close();
    await world.close();
  }
});
