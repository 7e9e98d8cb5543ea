import { expect } from 'vitest';
import type { CommandLine } from '../world/demo/command-line.ts';
import { createKubeClient } from '../world/demo/kube-client.ts';

/**
 * Expects of the namespaces that kubectl reads in a context, soon after the window has shown it as connected: it may do so a
 * moment before the context is written.
 */
export function expectNamespaces(commandLine: CommandLine, context: string) {
  const kube = createKubeClient(commandLine);
  return expect.poll(() => kube.namespaces(context).catch(() => []), { timeout: 15_000, interval: 50 });
}
