import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type CommandLine, createCommandLine } from '../world/demo/command-line.ts';
import type { World } from '../world/world.ts';

/** In KB: the most that an attack may cost, with what the same work takes without one. */
export const largestCost = 100 * 1024;

/** The built agent in a world, with a measure of its memory. Linux only. */
export interface MeasuredAgent {
  readonly commandLine: CommandLine;
  readonly pid: number;
  /** Runs `k8s-tunnels … --json`, again where a busy computer kept the agent from its greeting for two seconds. */
  tunnels<T>(...args: readonly string[]): Promise<T>;
  /** Returns what `work` resolves with and, in KB, how much more memory than before the agent held at most. */
  measure<T>(work: () => Promise<T>): Promise<{ readonly result: T; readonly cost: number }>;
}

/** `authority` is a PEM that the agent trusts beside the world's; `extra` goes over the world's environment. */
export async function startMeasuredAgent(
  world: World,
  authority: string,
  extra: Readonly<Record<string, string>>,
): Promise<MeasuredAgent> {
  const authorities = path.join(path.dirname(world.home), 'authorities.pem');
  await writeFile(
    authorities,
    `${await readFile(world.env.NODE_EXTRA_CA_CERTS ?? '', 'utf8')}\n${authority}`,
  );
  const commandLine = await createCommandLine(world, {
    ...extra,
    NODE_EXTRA_CA_CERTS: authorities,
    SSL_CERT_FILE: authorities,
  });
  const agent = commandLine.follow(path.join(commandLine.bin, 'k8s-tunnels'), ['agent']);
  await agent.line(/ is running /, 30_000);
  const pid = agent.child.pid ?? 0;
  /** `VmHWM` is the most since `clear_refs` was written. */
  const memory = async (field: 'VmHWM' | 'VmRSS') => {
    const status = await readFile(`/proc/${pid}/status`, 'utf8');
    return Number(new RegExp(`${field}:\\s+(\\d+)`).exec(status)?.[1]);
  };
  const tunnels = async <T>(args: readonly string[], tries = 10): Promise<T> => {
    try {
      return await commandLine.tunnels<T>(...args);
    } catch (error) {
      if (tries === 0 || !String(error).includes('agent-foreign')) throw error;
      return tunnels(args, tries - 1);
    }
  };
  return {
    commandLine,
    pid,
    tunnels: (...args) => tunnels(args),
    async measure(work) {
      await writeFile(`/proc/${pid}/clear_refs`, '5');
      const before = await memory('VmRSS');
      const result = await work();
      return { result, cost: (await memory('VmHWM')) - before };
    },
  };
}
