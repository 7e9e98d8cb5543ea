import type { ClientOperation } from '../../main/model/clients/client-kind.ts';
import { follow, outcomeOf } from './child.ts';
import type { ClientRun, Outcome, Outcomes } from './outcome.ts';

/** Does everything with a kubectl, each operation by a process of its own, as a user would. */
export async function runKubectl(kubectl: string, run: ClientRun): Promise<Outcomes> {
  const outcomes: Partial<Record<ClientOperation, Outcome>> = {
    get: await outcomeOf([kubectl, 'get', 'namespace', 'default', '-o', 'jsonpath={.metadata.name}'], run),
    list: await outcomeOf(
      [kubectl, 'get', 'configmaps', '-n', 'bulk', '-o', 'name'],
      run,
      (stdout) => `${stdout.trim().split('\n').length}`,
    ),
    // Of -w, it prints the objects that are there and goes on.
    watch: await follow([kubectl, 'get', 'configmaps', '-n', 'bulk', '-w', '-o', 'name'], run, (stdout) =>
      stdout.split('\n').length > 5 ? '5 events' : undefined,
    ),
    logs: await follow([kubectl, 'logs', '-f', 'p'], run, (stdout) => stdout.split('\n').slice(0, -1)[7]),
    exec: await outcomeOf([kubectl, 'exec', 'p', '--', 'echo', 'hello'], run),
    'port-forward': await follow([kubectl, 'port-forward', 'p', ':8080'], run, (stdout) => {
      const [, port] = /127\.0\.0\.1:(\d+) -> 8080/.exec(stdout) ?? [];
      return port === undefined ? undefined : askPod(port);
    }),
  };
  return outcomes;
}

/** What the pod answers through a forwarded port. */
async function askPod(port: string): Promise<string> {
  const answer = await fetch(`http://127.0.0.1:${port}/x`, { signal: AbortSignal.timeout(15_000) });
  return (await answer.text()).trim();
}
