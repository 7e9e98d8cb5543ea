import { pathsFrom } from '../../agent/paths.ts';
import { connectAgent } from '../../api/socket/client.ts';
import { AppError } from '../../model/app-error.ts';
import type { Cluster, ClusterId } from '../../model/cluster.ts';
import { listed } from '../../model/wording.ts';
import { exitCodes } from '../exit-codes.ts';
import { writeJson } from '../json-document.ts';
import { startProgress } from '../progress.ts';
import { reportError, writeLines } from '../report.ts';
import { printable } from '../terminal.ts';

/** Closes all tunnels and stops the agent. The only command that never starts one. */
export async function runQuit({ json }: { readonly json: boolean }): Promise<number> {
  const progress = startProgress();
  try {
    const { socket, state } = pathsFrom(process.env);
    const client = await connectAgent({ path: socket, state }).catch((error: unknown) => {
      if (error instanceof AppError && error.code === 'agent-version') return 'other-version' as const;
      throw error;
    });
    if (client === 'other-version') {
      const { loadEndHolder } = await import('../program-file.ts');
      const pid = await (await loadEndHolder()).endHolder(state);
      progress.end();
      if (json) writeJson({ pid });
      else writeLines([`Agent stopped (process ${pid}). The next command opens its tunnels again.`]);
      return exitCodes.ok;
    }
    if (client === undefined) {
      progress.end();
      if (json) writeJson({ pid: null });
      else writeLines(['No agent is running.']);
      return exitCodes.ok;
    }
    const { localProxies = [], clusters } = await client.call('snapshot', {});
    progress.update('Disconnecting');
    const result = await client.call('quit', {});
    // The agent has exited when its connection closes.
    await client.ended;
    progress.end();
    if (json) writeJson(result);
    else
      writeLines([
        `Agent stopped (process ${result.pid}). All tunnels are closed.`,
        ...unservedLines(localProxies.map(({ cluster }) => titleOf(cluster, clusters))),
      ]);
    return exitCodes.ok;
  } catch (error) {
    progress.end();
    return reportError(error, { json });
  }
}

/** Names the clusters whose clients start no agent: no plugin is in an entry of the form `tls`. */
function unservedLines(titles: readonly string[]): readonly string[] {
  if (titles.length === 0) return [];
  return [
    `Entries with a local TLS proxy do not work until an agent runs again (${listed(titles.map(printable))}): k8s-tunnels status starts one.`,
  ];
}

function titleOf(id: ClusterId, clusters: readonly Cluster[]): string {
  return clusters.find((cluster) => cluster.id === id)?.title ?? id;
}
