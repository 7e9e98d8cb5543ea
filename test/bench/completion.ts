import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { pathsFrom } from '../../main/agent/paths.ts';
import { inTurn, type Row } from './row.ts';

const run = promisify(execFile);
const program = path.resolve(import.meta.dirname, '..', '..', 'out', 'cli', 'k8s-tunnels.cjs');

/** From a key in the user's shell to the names of the clusters that fit, without an agent. */
export async function* benchmark({ small }: { readonly small: boolean }): AsyncIterable<Row> {
  const clusters = small ? 100 : 10_000;
  const home = await mkdtemp(path.join(tmpdir(), 'k8s-tunnels-bench-'));
  const env = { HOME: home, PATH: process.env.PATH };
  const { state, socket } = pathsFrom(env);
  await mkdir(state, { recursive: true, mode: 0o700 });
  const names = Array.from({ length: clusters }, (_, at) => `cluster\tcluster-${at % 20}-${at}`);
  await writeFile(path.join(state, 'completion.txt'), `${names.join('\n')}\n`);
  const complete = async () => {
    const { stdout } = await run(process.execPath, [program, '__names', 'cluster', 'cluster-7-'], { env });
    if (stdout.split('\n').length !== clusters / 20 + 1) throw new Error('other names than those that fit');
  };
  const took = await inTurn(
    { names: complete, bare: () => run(process.execPath, ['-e', '0'], { env }) },
    small ? 1 : 15,
  );
  if (existsSync(socket)) throw new Error('an agent was started');
  yield {
    name: `complete a name of ${clusters.toLocaleString('en')} clusters, no agent runs`,
    unit: 'ms',
    ours: took('names'),
    reference: { name: 'node -e 0', figure: took('bare') },
    goal: { atMost: 1.5 },
  };
  await rm(home, { recursive: true, force: true, maxRetries: 5 });
}
