import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Output } from '../../../main/api/contract.ts';
import type { World } from '../world.ts';
import type { CommandLine } from './command-line.ts';

/** Discovers once, prints what to paste into a terminal, and waits for a signal. */
export async function keepRunning(options: {
  readonly world: World;
  readonly commandLine: CommandLine;
}): Promise<void> {
  const { world, commandLine } = options;
  const { clusters } = await commandLine.tunnels<Output<'discover'>>('discover');
  const script = path.join(path.dirname(world.home), 'env.sh');
  const lines = Object.entries(commandLine.env).map(
    ([name, value]) => `export ${name}='${value.replaceAll("'", "'\\''")}'`,
  );
  await writeFile(script, `${lines.join('\n')}\n`);
  console.log(`A made-up organisation with ${clusters} clusters is running in a sandbox. Paste this into a terminal:

  . ${script}
  k8s-tunnels list
  k8s-tunnels connect payments-staging-eu search-staging
  kubectl get namespaces
  kubectl --context search-staging get pods --all-namespaces

Ctrl-C here ends it and leaves nothing behind.`);
  await new Promise(() => {
    // A pending promise keeps nothing alive; the world's servers do.
  });
}
