import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { promisify } from 'node:util';
import { Worker } from 'node:worker_threads';
import { createKubeconfig } from '../../main/agent/kubeconfig/kubeconfig.ts';
import { silentLogger, systemClock } from '../../main/agent/parts.ts';
import { kubectl } from '../agent/kubeconfig/bench.ts';
import { entry } from '../agent/kubeconfig/entry.ts';
import { createCommandLine } from '../world/demo/command-line.ts';
import { startWorld } from '../world/world.ts';
import type { BenchOptions } from './options.ts';
import { inTurn, type Row, timed } from './row.ts';

const run = promisify(execFile);
const program = path.resolve(import.meta.dirname, '..', '..', 'out', 'cli', 'k8s-tunnels.cjs');
const worker = new URL('../../main/agent/kubeconfig/plan-worker.ts', import.meta.url);
const [title, other] = ['payments-staging-eu', 'loyalty-staging'];

/** Contexts in a file, how often to measure it, and how many times kubectl's speed is asked for. */
const sizes = [
  { contexts: 10, times: 15, faster: 20 },
  { contexts: 1_000, times: 5, faster: 5 },
  { contexts: 5_000, times: 3, faster: 3 },
] as const;

/**
 * The editor beside the four calls of kubectl that do the same, the whole `k8s-tunnels switch` beside `kubectl config
 * use-context`, and what else the agent does while it edits a large file.
 */
export async function* benchmark({ small }: BenchOptions): AsyncIterable<Row> {
  if (kubectl === undefined) {
    console.error('kubeconfig: kubectl is not on PATH.');
    return;
  }
  const folder = await mkdtemp(path.join(tmpdir(), 'kubeconfig-bench-'));
  const wanted = small ? sizes.slice(0, 1) : sizes;
  try {
    for (const size of wanted) yield* editorRows(kubectl, folder, { ...size, times: small ? 2 : size.times });
    yield* meanwhileRows(folder, small ? 1_000 : 5_000);
    yield* switchRows(
      kubectl,
      wanted.map(({ contexts, times }) => ({ contexts, times: small ? 2 : times })),
    );
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** A kubeconfig as clouds write it: each cluster has a certificate. */
function fileOf(contexts: number): string {
  const authority = Buffer.alloc(3_600, 'certificate').toString('base64');
  const names = Array.from({ length: contexts }, (_, index) => `cluster-${index}`);
  const clusters = names.map(
    (name) =>
      `- cluster:\n    certificate-authority-data: ${authority}\n    server: https://${name}.example:6443\n  name: ${name}\n`,
  );
  const ofNames = names.map(
    (name) => `- context:\n    cluster: ${name}\n    user: ${name}\n  name: ${name}\n`,
  );
  const users = names.map((name) => `- name: ${name}\n  user:\n    token: ${name}-token\n`);
  return `apiVersion: v1\nkind: Config\nclusters:\n${clusters.join('')}contexts:\n${ofNames.join('')}current-context: cluster-1\nusers:\n${users.join('')}`;
}

async function* editorRows(
  kubectlFile: string,
  folder: string,
  { contexts, times, faster }: { contexts: number; times: number; faster: number },
): AsyncIterable<Row> {
  const text = fileOf(contexts);
  const config = path.join(folder, `config-${contexts}`);
  // A file of their own: ours is looked after for a while.
  const theirs = path.join(folder, `theirs-${contexts}`);
  const source = { kubeconfig: config, cwd: folder, home: folder };
  const kubeconfig = createKubeconfig({
    folder: path.join(folder, 'state'),
    clock: systemClock,
    logger: silentLogger,
    worker,
  });
  const call = (...args: string[]) =>
    run(kubectlFile, ['config', ...args], { env: { KUBECONFIG: theirs, HOME: folder } });
  const took = await inTurn(
    {
      async ours() {
        await kubeconfig.remove(source, ['bench']);
        await writeFile(config, text, { mode: 0o600 });
        await systemClock.sleep(600);
        return timed(() => kubeconfig.add(source, [entry('bench')], { current: 'bench' }));
      },
      async theirs() {
        await writeFile(theirs, text, { mode: 0o600 });
        return timed(async () => {
          await call('set-cluster', 'bench', '--server=https://bench', '--proxy-url=socks5://127.0.0.1:1');
          await call(
            'set-credentials',
            'bench',
            '--exec-command=demo',
            '--exec-api-version=client.authentication.k8s.io/v1',
          );
          await call('set-context', 'bench', '--cluster=bench', '--user=bench');
          await call('use-context', 'bench');
        });
      },
    },
    times,
  );
  await kubeconfig.close();
  yield {
    name: `add an entry and switch, ${contexts} contexts`,
    unit: 'ms',
    ours: took('ours'),
    reference: { name: 'four calls of kubectl config', figure: took('theirs') },
    goal: { atMost: 1 / faster },
  };
}

/** A client of a server in this process, in a thread of its own: it reports how long each request took. */
const clientSource = `
const { parentPort, workerData } = require('node:worker_threads');
const http = require('node:http');
const agent = new http.Agent({ keepAlive: true });
const ask = () => new Promise((resolve, reject) => {
  http.get({ port: workerData, agent }, (answer) => answer.resume().on('end', resolve)).on('error', reject);
});
(async () => {
  for (;;) {
    const start = performance.now();
    await ask();
    parentPort.postMessage(performance.now() - start);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
})();
`;

async function* meanwhileRows(folder: string, contexts: number): AsyncIterable<Row> {
  const config = path.join(folder, 'config-meanwhile');
  const source = { kubeconfig: config, cwd: folder, home: folder };
  const kubeconfig = createKubeconfig({
    folder: path.join(folder, 'state-2'),
    clock: systemClock,
    logger: silentLogger,
    worker,
  });
  const server = createServer((_, answer) => answer.end('ok')).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const client = new Worker(clientSource, { eval: true, workerData: (server.address() as AddressInfo).port });
  let waits: number[] = [];
  client.on('message', (ms: number) => waits.push(ms));
  await writeFile(config, fileOf(contexts), { mode: 0o600 });
  await systemClock.sleep(1_500);
  const idle = waits;
  waits = [];
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  await kubeconfig.add(source, [entry('bench')], { current: 'bench' });
  await kubeconfig.use(source, 'bench');
  await kubeconfig.remove(source, ['bench']);
  delay.disable();
  const busy = waits;
  await client.terminate();
  server.close();
  await kubeconfig.close();
  const middle = (values: readonly number[]) =>
    values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
  yield {
    name: `event loop delay while ${contexts} contexts are edited, p99`,
    unit: 'ms',
    ours: delay.percentile(99) / 1e6,
    reference: { name: 'the goal', figure: 20 },
    goal: { atMost: 1 },
  };
  yield {
    name: 'another request meanwhile, median',
    unit: 'ms',
    ours: middle(busy),
    reference: { name: 'the same without an edit', figure: middle(idle) },
    goal: { atMost: 1.5 },
  };
}

/** The whole command, agent running, beside kubectl's on the same file. */
async function* switchRows(
  kubectlFile: string,
  wanted: readonly { readonly contexts: number; readonly times: number }[],
): AsyncIterable<Row> {
  const world = await startWorld();
  const commandLine = await createCommandLine(world);
  const { env } = commandLine;
  const config = path.join(env.HOME ?? '', '.kube', 'config');
  await mkdir(path.dirname(config), { recursive: true });
  const tunnels = (...args: string[]) => run(process.execPath, [program, ...args], { env });
  try {
    for (const { contexts, times } of wanted) {
      await tunnels('remove', '--all').catch(() => {});
      await rm(config, { force: true });
      await writeFile(config, fileOf(contexts), { mode: 0o600 });
      await tunnels('connect', title, other);
      let round = 0;
      const turn = () => {
        round += 1;
        return round % 2;
      };
      const took = await inTurn(
        {
          ours: () => tunnels('switch', [title, other][turn()] ?? title),
          theirs: () =>
            run(kubectlFile, ['config', 'use-context', `cluster-${turn()}`], {
              env: { HOME: env.HOME },
            }),
          node: () => run(process.execPath, ['-e', '0'], { env }),
        },
        times,
      );
      yield {
        name: `\`k8s-tunnels switch\`, ${contexts} contexts`,
        unit: 'ms',
        ours: took('ours'),
        reference: { name: 'kubectl config use-context', figure: took('theirs') },
        goal: { atMost: contexts < 1_000 ? 1.2 : 1 },
      };
      yield { name: '`node -e 0`, for comparison', unit: 'ms', ours: took('node') };
    }
  } finally {
    await commandLine.stop();
    await world.close();
  }
}
