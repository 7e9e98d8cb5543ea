import { execFile } from 'node:child_process';
import { cpus, loadavg } from 'node:os';
import { promisify } from 'node:util';
import { inTurn } from './row.ts';

const run = promisify(execFile);

/** The machine, and how busy it is: a figure without a peer means little where an empty Node starts slowly. */
export async function machineNow(): Promise<string> {
  const bare = () => run(process.execPath, ['-e', '0']);
  const took = (await inTurn({ bare }, 5))('bare');
  const [load = 0] = loadavg();
  const model = cpus()[0]?.model ?? 'unknown';
  return `${cpus().length} x ${model}, Node ${process.version}; load ${load.toFixed(1)}, an empty Node in ${took.toFixed(0)} ms`;
}
