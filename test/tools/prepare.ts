import pLimit from 'p-limit';
import { NoTool } from './program.ts';

/** A program or library that tests need: where it is, or why it is not there. */
export type Prepared =
  | { readonly status: 'ready'; readonly path: string }
  | { readonly status: 'missing'; readonly reason: string }
  /** It takes minutes to build, and nobody asked for it. */
  | { readonly status: 'left-out'; readonly reason: string };

/** `lane`: downloads wait for the network and run side by side, compilers use every core and run one after another. */
export interface Tool {
  readonly id: string;
  readonly lane: 'download' | 'compile';
  /** Built only with K8S_TUNNELS_CLIENTS_BUILD=all. */
  readonly slow?: true;
  prepare(): Promise<string>;
}

const downloadsAtOnce = 3;

/**
 * Fetches and builds what is not in the cache, and reports how long each took. A tool that cannot be had is missing with
 * its reason; rejects only for what is wrong: another checksum than the pinned one.
 */
export async function prepareTools(tools: readonly Tool[]): Promise<Readonly<Record<string, Prepared>>> {
  const prepared: Record<string, Prepared> = {};
  const one = async (tool: Tool) => {
    if (tool.slow && process.env.K8S_TUNNELS_CLIENTS_BUILD !== 'all') {
      const reason = 'it takes minutes to build: K8S_TUNNELS_CLIENTS_BUILD=all builds it';
      prepared[tool.id] = { status: 'left-out', reason };
      return;
    }
    const start = performance.now();
    prepared[tool.id] = await tool.prepare().then(
      (path) => ({ status: 'ready', path }) as const,
      (error: unknown) => {
        if (!(error instanceof NoTool)) throw error;
        return { status: 'missing', reason: error.message } as const;
      },
    );
    const seconds = (performance.now() - start) / 1000;
    const state = prepared[tool.id];
    if (state?.status === 'missing') console.log(`${tool.id}: missing: ${state.reason}`);
    else if (seconds > 1) console.log(`${tool.id}: ready after ${seconds.toFixed(0)} s`);
  };
  // Unpacking costs more than waiting.
  const limit = pLimit(downloadsAtOnce);
  const downloads = tools.filter(({ lane }) => lane === 'download').map((tool) => limit(one, tool));
  for (const tool of tools) if (tool.lane === 'compile') await one(tool);
  await Promise.all(downloads);
  return prepared;
}
