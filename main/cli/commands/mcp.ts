import { pathsFrom } from '../../agent/paths.ts';
import { exitCodes } from '../exit-codes.ts';
import { followHandOver } from '../next-agent.ts';
import { loadMcp } from '../program-file.ts';
import { reachAgent } from '../reach-agent.ts';
import { writeAside } from '../report.ts';

/** Serves the AI client that has started this process, until it closes the input. Only the protocol goes to stdout. */
export async function runMcp(): Promise<number> {
  const { serveMcp } = await loadMcp();
  const { env, pid, stdin, stdout } = process;
  const paths = pathsFrom(env);
  const connect = () => reachAgent({ paths, env });
  await serveMcp({
    reach: async () => followHandOver(await connect(), connect),
    input: stdin,
    output: stdout,
    pid,
    log: (text) => writeAside([text]),
  });
  return exitCodes.ok;
}
