import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import type { BenchOptions } from './options.ts';
import { inTurn, type Row, timed } from './row.ts';

const run = promisify(execFile);
const program = path.resolve(import.meta.dirname, '..', '..', 'out', 'cli', 'k8s-tunnels.cjs');

/** From nothing to the first answer: `status` starts the agent where none runs, and prints what it says. */
export async function* benchmark({ small }: BenchOptions): AsyncIterable<Row> {
  const home = await mkdtemp(path.join(tmpdir(), 'k8s-tunnels-bench-'));
  const env = {
    HOME: home,
    PATH: process.env.PATH,
    K8S_TUNNELS_MANAGED_CONFIG: path.join(home, 'managed.yaml'),
  };
  const tunnels = (...args: string[]) => run(process.execPath, [program, ...args, '--json'], { env });
  const status = () => tunnels('status');
  try {
    await tunnels('status');
    const took = await inTurn(
      {
        start: async () => {
          await tunnels('quit');
          return timed(status);
        },
        again: async () => {
          // Where the round begins with this one, no agent runs.
          await status();
          return timed(status);
        },
        bare: () => run(process.execPath, ['-e', '0'], { env }),
      },
      small ? 2 : 15,
    );
    const reference = { name: 'node -e 0', figure: took('bare') };
    yield {
      name: 'start of the agent to its first answer: `status`, no agent runs',
      unit: 'ms',
      ours: took('start'),
      reference,
      goal: { atMost: 12 },
    };
    yield {
      name: '`status`, the agent runs',
      unit: 'ms',
      ours: took('again'),
      reference,
      goal: { atMost: 3 },
    };
  } finally {
    await tunnels('quit').catch(() => {});
    await rm(home, { recursive: true, force: true, maxRetries: 5 });
  }
}
