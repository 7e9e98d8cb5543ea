import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Output } from '../../../main/api/contract.ts';
import { clustersOf } from '../plan.ts';
import type { World } from '../world.ts';
import { checkWindow } from './check-window.ts';
import type { CommandLine } from './command-line.ts';
import { createKubeClient } from './kube-client.ts';
import { createSteps } from './steps.ts';

/** A kubeconfig that a person has already: comments, an order, an odd indent. Not a byte of it may change. */
const personsOwn = `# my clusters, hands off
apiVersion: v1
kind: Config
preferences: {}
current-context: homelab   # the one under the desk
contexts:
    - name: homelab
      context: {cluster: homelab, user: me}
clusters:
    - cluster:
        server: https://192.0.2.10:6443
        insecure-skip-tls-verify: true
      name: homelab
users:
    - name: me
      user:
        token: not-a-secret
`;

/** The main job without a person. True when every step went well. */
export async function checkMainJob(options: {
  readonly world: World;
  readonly commandLine: CommandLine;
  /** `performance.now()` of the program's start. */
  readonly started: number;
}): Promise<boolean> {
  const { world, commandLine, started } = options;
  const file = world.env.KUBECONFIG ?? '';
  const kube = createKubeClient(commandLine);
  const steps = createSteps(started);
  const view = async () =>
    commandLine.kubectl === undefined
      ? ''
      : (await commandLine.run(commandLine.kubectl, ['config', 'view', '--raw'])).stdout;
  const expect = (truth: boolean, what: string) => {
    if (!truth) throw new Error(what);
  };
  const [first, second] = ['payments-staging-eu', 'search-staging'] as const;

  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, personsOwn, { mode: 0o600 });
  const viewBefore = await view();

  await steps.run('the world is up', async () => `${clustersOf(world.plan).length} clusters`);
  await steps.run('discover', async () => {
    const { clusters, failed } = await commandLine.tunnels<Output<'discover'>>('discover');
    expect(clusters === clustersOf(world.plan).length, `${clusters} clusters were found`);
    return `${clusters} clusters; ${failed.length} places answered with an error, as planned`;
  });
  await steps.run('connect two, with one login in the browser', async () => {
    const { results } = await commandLine.tunnels<Output<'connect'>>('connect', first, second);
    expect(
      results.every(({ status }) => status === 'connected'),
      JSON.stringify(results),
    );
    const tabs = (await world.browser.tabs()).length;
    expect(tabs === 1, `${tabs} browser tabs were opened`);
    return results
      .map((one) => (one.status === 'connected' ? `${one.context} on port ${one.port}` : ''))
      .join(', ');
  });
  await steps.run(`both at once through ${kube.name}`, async () => {
    const [a, b] = await Promise.all([kube.namespaces(first), kube.namespaces(second)]);
    expect(a.includes('payments-staging') && b.includes('search-staging'), `${a} and ${b}`);
    return `${a.length} and ${b.length} namespaces`;
  });
  await steps.run('watch', async () => {
    const watching = kube.watchNamespaces(first);
    await watching.line(/payments-staging/);
    world.api('payments-staging').addNamespace('made-just-now');
    await watching.line(/made-just-now/);
    watching.stop();
    return 'a namespace made meanwhile was seen';
  });
  await steps.run('logs -f', async () => {
    const following = kube.followLogs(second, 'search-staging', 'web-6d4cf56db6-x2v9k');
    await following.line(/request 5/);
    world
      .api('search-staging')
      .appendLog('search-staging', 'web-6d4cf56db6-x2v9k', 'a line written just now');
    await following.line(/written just now/);
    following.stop();
    return 'a line written meanwhile was seen';
  });
  await steps.run('an on-prem cluster, its token from Vault', async () => {
    await commandLine.tunnels('connect', 'depot-berlin', '--add');
    const names = await kube.namespaces('depot-berlin');
    expect(names.includes('depot-berlin'), String(names));
    await commandLine.tunnels('disconnect', 'depot-berlin');
    return `${names.length} namespaces`;
  });
  await steps.run('an unreachable cluster is told plainly', async () => {
    const { stdout } = await commandLine.run('k8s-tunnels', ['connect', 'tools-next', '--json']);
    const { results } = JSON.parse(stdout) as Output<'connect'>;
    const [result] = results;
    expect(result?.status === 'failed' && result.stage === 'origin', stdout);
    return result?.status === 'failed' ? `"${result.error.message}"` : '';
  });
  await steps.run('the edge drops every connection; the tunnels come back', async () => {
    const watching = kube.watchNamespaces(first);
    await watching.line(/payments-staging/);
    const lift = world.traffic.inject({ service: 'proxy', does: { kind: 'error' } });
    const dropped = world.access.dropConnections();
    await untilStatus(commandLine, (states) => states.some((state) => state === 'reconnecting'));
    lift();
    await untilStatus(commandLine, (states) => states.every((state) => state === 'connected'));
    const names = await kube.namespaces(first);
    expect(names.includes('made-just-now'), String(names));
    watching.stop();
    return `${dropped} connections were dropped; the ports stayed`;
  });
  await steps.run('switch', async () => {
    const { kubectl } = await commandLine.tunnels<Output<'switch'>>('switch', second);
    expect(kubectl.context === second, JSON.stringify(kubectl));
    return `kubectl uses ${kubectl.context}`;
  });
  await steps.run('disconnect', async () => {
    const { closed } = await commandLine.tunnels<Output<'disconnect'>>('disconnect', '--all');
    return `${closed.length} closed; their entries stay`;
  });
  await checkWindow({ steps, commandLine, kube, clusters: [first, second] });
  await steps.run('forget: the kubeconfig is as it was, byte for byte', async () => {
    await commandLine.tunnels('forget', '--all');
    expect((await readFile(file, 'utf8')) === personsOwn, 'the bytes differ');
    expect((await view()) === viewBefore, 'kubectl config view differs');
    return `${personsOwn.length} bytes`;
  });
  await steps.run('quit', async () => {
    await commandLine.stop();
    return 'the agent ended';
  });
  return steps.finish();
}

async function untilStatus(
  commandLine: CommandLine,
  fits: (states: readonly string[]) => boolean,
): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    const { tunnels } = await commandLine.tunnels<Output<'snapshot'>>('status');
    if (fits(tunnels.map(({ state }) => state.status))) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error('the tunnels did not change their state in time');
}
