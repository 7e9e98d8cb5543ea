import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach } from 'vitest';
import { type CommandLine, createCommandLine } from '../world/demo/command-line.ts';
import { startWorld, type World } from '../world/world.ts';

/** Each test of the file has a world and the built command line in it, with this kubeconfig where one is given. */
export function eachInWorld(
  begin: (started: { readonly world: World; readonly commandLine: CommandLine }) => void,
  options: { readonly kubeconfig?: string } = {},
): void {
  let world: World | undefined;
  let commandLine: CommandLine | undefined;
  beforeEach(async () => {
    world = await startWorld();
    commandLine = await createCommandLine(world);
    if (options.kubeconfig !== undefined) {
      const file = path.join(world.home, '.kube', 'config');
      await mkdir(path.dirname(file));
      await writeFile(file, options.kubeconfig, { mode: 0o600 });
    }
    begin({ world, commandLine });
  });
  afterEach(async () => {
    await commandLine?.stop();
    await world?.close();
  });
}
