import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { type CommandLine, createCommandLine } from '../world/demo/command-line.ts';
import { startWorld, type World } from '../world/world.ts';

export interface Tunnelled {
  readonly world: World;
  readonly commandLine: CommandLine;
  /** A folder of the person's. */
  readonly folder: string;
  /** Answers what kubectl prints; rejects with what it says when it fails. */
  kubectl(...args: readonly string[]): Promise<string>;
  close(): Promise<void>;
}

/** A world in which the built command line has connected a cluster, so that kubectl goes there. */
export async function connectThrough(
  cluster: string,
  options?: Parameters<typeof startWorld>[0],
): Promise<Tunnelled> {
  const world = await startWorld(options);
  const commandLine = await createCommandLine(world);
  const folder = path.join(world.home, 'work');
  const close = async () => {
    await commandLine.stop();
    await world.close();
  };
  try {
    await mkdir(folder);
    await commandLine.tunnels('connect', cluster);
  } catch (error) {
    await close();
    throw error;
  }
  return {
    world,
    commandLine,
    folder,
    close,
    async kubectl(...args) {
      const { code, stdout, stderr } = await commandLine.run(commandLine.kubectl ?? 'kubectl', args);
      if (code !== 0) throw new Error(`kubectl ${args.join(' ')} exited with ${code}: ${stderr}`);
      return stdout.trimEnd();
    },
  };
}
