import { execa } from 'execa';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { helmProgram, whyNoHelm, writeChart } from './helm-fixture.ts';
import { createKubectl, type Kubectl, whyNoKubectl } from './kube-fixture.ts';
import { peers } from './kube-peers.ts';

describe.each(peers)('helm and $peer', ({ start, why }) => {
  const reason = whyNoHelm ?? whyNoKubectl ?? why;
  let server: Awaited<ReturnType<typeof start>> | undefined;
  let kubectl: Kubectl;

  beforeAll(async () => {
    if (reason !== undefined) return;
    server = await start();
    kubectl = await createKubectl(server);
  });

  afterAll(async () => {
    await kubectl?.close();
    await server?.close();
  });

  beforeEach((context) => context.skip(reason !== undefined, reason));

  async function helm(...args: string[]) {
    const { stdout, stderr, exitCode } = await execa(helmProgram, args, { reject: false, env: kubectl.env });
    if (exitCode !== 0) throw new Error(`helm ${args.join(' ')}: ${stderr}`);
    return stdout;
  }

  test('installs, lists, upgrades, rolls back and uninstalls a chart', async () => {
    const chart = await writeChart(kubectl.home);
    const list = async () => JSON.parse(await helm('list', '-o', 'json'));
    const colour = async () =>
      (await kubectl.run('get', 'configmap', 'shade', '-o', 'jsonpath={.data.colour}')).out;

    expect(await list()).toEqual([]);
    expect(await helm('install', 'shade', chart)).toMatch(/^STATUS: deployed$/m);
    expect(await list()).toMatchObject([
      { name: 'shade', namespace: 'shop', revision: '1', status: 'deployed', chart: 'tiny-0.1.0' },
    ]);
    expect((await kubectl.run('get', 'secrets', '-l', 'owner=helm')).out).toMatch(
      /^NAME +TYPE +DATA +AGE\nsh\.helm\.release\.v1\.shade\.v1 +helm\.sh\/release\.v1 +1 +\d+s$/,
    );
    await helm('upgrade', 'shade', chart, '--set', 'colour=blue');
    expect(await colour()).toBe('blue');
    expect((await kubectl.run('get', 'service', 'shade', '-o', 'jsonpath={.spec.clusterIP}')).out).toMatch(
      /^10\.96\.\d+\.\d+$/,
    );
    await helm('rollback', 'shade', '1');
    expect(await colour()).toBe('red');
    expect(JSON.parse(await helm('history', 'shade', '-o', 'json'))).toMatchObject([
      { revision: 1, status: 'superseded' },
      { revision: 2, status: 'superseded' },
      { revision: 3, status: 'deployed' },
    ]);
    expect(await helm('uninstall', 'shade')).toBe('release "shade" uninstalled');
    expect(await list()).toEqual([]);
    expect((await kubectl.run('get', 'configmap,service,deployment', '-o', 'name')).out).not.toContain(
      'shade',
    );
  });
});
