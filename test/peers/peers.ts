import { readFileSync } from 'node:fs';
import type { TestContext } from 'vitest';
import type { Prepared } from '../tools/prepare.ts';

/** The programs of real peers, in the file that K8S_TUNNELS_PEERS_TOOLS names. */
const tools = JSON.parse(readFileSync(process.env.K8S_TUNNELS_PEERS_TOOLS ?? '', 'utf8')) as Readonly<
  Record<string, Prepared>
>;

/** Why one of these is not here. */
export function missing(...ids: readonly string[]): string | undefined {
  const reasons = ids.flatMap((id) => {
    const tool = tools[id];
    return tool?.status === 'ready' ? [] : [`${id}: ${tool?.reason ?? 'not prepared'}`];
  });
  return reasons.length === 0 ? undefined : reasons.join('; ');
}

/** Skips a test with the reason; with K8S_TUNNELS_PEERS=required it fails with it. */
export function skipWithout({ skip }: TestContext, reason: string | undefined): void {
  if (reason !== undefined && process.env.K8S_TUNNELS_PEERS === 'required') throw new Error(reason);
  skip(reason !== undefined, reason);
}

/** The path of a prepared tool. */
export function toolPath(id: string): string {
  const tool = tools[id];
  if (tool?.status !== 'ready') throw new Error(`${id} is not here`);
  return tool.path;
}
