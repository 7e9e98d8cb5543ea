import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { parse, stringify } from 'yaml';
import { type CommandLine, createCommandLine } from '../world/demo/command-line.ts';
import { startWorld } from '../world/world.ts';
import type { BenchOptions } from './options.ts';
import { inTurn, type Row, timed } from './row.ts';

const run = promisify(execFile);
const program = path.resolve(import.meta.dirname, '..', '..', 'out', 'cli', 'k8s-tunnels.cjs');
const title = 'payments-staging-eu';
const [cluster, region, profile] = ['payments-staging', 'eu-west-1', 'payments'] as const;

/**
 * What a kubectl waits for before its first request: our exec plugin, with the agent running and the sign-in at hand,
 * beside Node's own start and beside `aws eks get-token` (K8S_TUNNELS_AWS, else `aws` on PATH).
 */
export async function* benchmark({ small }: BenchOptions): AsyncIterable<Row> {
  const world = await startWorld();
  const commandLine = await createCommandLine(world);
  try {
    yield* measure(commandLine, small);
  } finally {
    await commandLine.stop();
    await world.close();
  }
}

async function* measure(commandLine: CommandLine, small: boolean): AsyncIterable<Row> {
  const runs = small ? 2 : 15;
  const atOnce = small ? 5 : 100;
  const { env } = commandLine;
  const ours = () => run(process.execPath, [program, 'credential', title], { env });
  const bare = () => run(process.execPath, ['-e', '0'], { env });
  const awsProgram = process.env.K8S_TUNNELS_AWS ?? 'aws';
  const awsArguments = ['eks', 'get-token', '--cluster-name', cluster, '--region', region];
  const awsEnv = { ...env, AWS_PROFILE: profile };
  const aws = () => run(awsProgram, awsArguments, { env: awsEnv });
  const hasAws = await aws().then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error;
      return false;
    },
  );
  const nothing = async () => {};
  await commandLine.tunnels('connect', title);
  const took = await inTurn({ ours, bare, aws: hasAws ? aws : nothing }, runs);
  const node = { name: 'node -e 0', figure: took('bare') };
  const name = '`k8s-tunnels credential`, agent running';
  yield { name, unit: 'ms', ours: took('ours'), reference: node, goal: { atMost: 2 } };
  yield !hasAws
    ? { name: 'the same beside `aws eks get-token`: no aws here', unit: 'ms', ours: took('ours') }
    : {
        name: 'the same',
        unit: 'ms',
        ours: took('ours'),
        reference: { name: 'aws eks get-token', figure: took('aws') },
        goal: { atMost: 0.1 },
      };

  const crowd = (work: () => Promise<unknown>) => () => Promise.all(Array.from({ length: atOnce }, work));
  const crowds = await inTurn({ ours: crowd(ours), bare: crowd(bare) }, small ? 1 : 5);
  yield {
    name: `${atOnce} at once`,
    unit: 'ms',
    ours: crowds('ours'),
    reference: { name: `${atOnce} x node -e 0 at once`, figure: crowds('bare') },
    goal: { atMost: 2 },
  };

  const { kubectl } = commandLine;
  if (kubectl === undefined) return;
  const own = path.join(env.HOME ?? '', '.kube', 'config');
  const vendors = path.join(env.HOME ?? '', 'vendors.yaml');
  const content = parse(await readFile(own, 'utf8')) as { users: { user: { exec: object } }[] };
  for (const { user } of content.users)
    user.exec = {
      apiVersion: 'client.authentication.k8s.io/v1beta1',
      command: awsProgram,
      args: awsArguments,
      env: [{ name: 'AWS_PROFILE', value: profile }],
    };
  await writeFile(vendors, stringify(content), { mode: 0o600 });
  const ask = (kubeconfig: string) => () =>
    run(kubectl, ['get', '--raw', '/version', '--context', title, '--kubeconfig', kubeconfig], { env });
  const asked = await inTurn({ ours: ask(own), aws: hasAws ? ask(vendors) : nothing }, small ? 1 : 7);
  yield {
    name: '`kubectl get --raw /version` through the tunnel',
    unit: 'ms',
    ours: asked('ours'),
    ...(!hasAws
      ? {}
      : {
          reference: { name: "the same with AWS's plugin", figure: asked('aws') },
          goal: { atMost: 1 },
        }),
  };
  yield await coldStart(commandLine, kubectl, small ? 1 : 5);
}

/** A kubectl on an entry that stands, with no agent, no tunnel and the sign-ins at hand, beside one with all open. */
async function coldStart(commandLine: CommandLine, kubectl: string, times: number): Promise<Row> {
  const { env } = commandLine;
  const ask = () => run(kubectl, ['get', 'namespaces', '--context', title], { env });
  const took = await inTurn(
    {
      cold: async () => {
        await commandLine.tunnels('quit');
        return timed(ask);
      },
      open: async () => {
        // The one that is not measured opens what the other round has closed.
        await ask();
        return timed(ask);
      },
    },
    times,
  );
  return {
    name: '`kubectl get ns` from a cold start: what it takes more than with all open',
    unit: 'ms',
    ours: took('cold') - took('open'),
    reference: { name: 'what is not noticed', figure: 1_000 },
    goal: { atMost: 1 },
  };
}
