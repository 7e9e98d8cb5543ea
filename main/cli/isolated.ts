import { rmSync } from 'node:fs';
import path from 'node:path';
import { pathsFrom } from '../agent/paths.ts';
import type { Output } from '../api/contract.ts';
import { connectAgent } from '../api/socket/client.ts';
import { AppError } from '../model/app-error.ts';
import type { ReadOnly } from '../model/read-only.ts';
import type { Terminal, TerminalKind } from '../model/terminal.ts';
import { failedLines } from './commands/connect.ts';
import { withConfirmation } from './confirm-production.ts';
import { followConnecting } from './connect-progress.ts';
import { withPicker } from './picked.ts';
import { olderAgent } from './read-only-flags.ts';
import { writeAside } from './report.ts';
import type { Session } from './session.ts';
import type { Variables } from './shells/shell-text.ts';
import { paint } from './terminal.ts';
import { withMissingSignIns } from './unknown-cluster.ts';

export type IsolatedTerminal = Terminal & { readonly file: string };

export interface IsolateHow {
  readonly namespace?: string | undefined;
  readonly production?: true | undefined;
  readonly readOnly?: ReadOnly | undefined;
}

/** Connects clusters with a kubeconfig of their own for each. Asks about production where the organisation wants that. */
export async function isolate(
  session: Session,
  clusters: readonly string[],
  how: IsolateHow & { readonly kind: TerminalKind; readonly pid: number },
): Promise<Output<'isolate'>> {
  const { client, signal } = session;
  const { namespace, kind, pid, production, readOnly } = how;
  const ask = (names: readonly string[]) =>
    withConfirmation({
      session,
      confirmed: production,
      about: 'terminal',
      act: async (confirmed) => {
        const following = await followConnecting(session, names);
        try {
          const input = {
            clusters: [...names],
            kind,
            pid,
            ...(namespace === undefined ? {} : { namespace }),
            ...(readOnly === undefined ? {} : { readOnly }),
            ...confirmed,
          };
          return await client.call('isolate', input, { signal });
        } finally {
          following.end();
        }
      },
    });
  const { result } = await withMissingSignIns(session, clusters, () => withPicker(session, clusters, ask));
  session.progress.end();
  if (readOnly !== undefined) await checkReadOnly(result.terminals);
  return result;
}

/** Ends terminals of an agent that does not know of read-only ones, and rejects: they could do everything. */
async function checkReadOnly(terminals: readonly IsolatedTerminal[]): Promise<void> {
  if (terminals.every(({ readOnly }) => readOnly !== undefined)) return;
  await endTerminals(terminals);
  throw olderAgent();
}

/** Returns the one terminal. Throws the error of the connection if there is none. */
export function onlyTerminal({ results, terminals }: Output<'isolate'>): IsolatedTerminal {
  const [terminal] = terminals;
  if (terminal !== undefined) return terminal;
  const [failed] = results;
  if (failed?.status !== 'failed') throw new AppError('internal', 'The agent opened no terminal.');
  const { code, message, hint, retryable } = failed.error;
  throw new AppError(code, `${failed.title}: ${message}`, { hint, retryable });
}

/** Prints the clusters that could not be connected, to stderr. */
export function reportFailed({ results }: Output<'isolate'>): void {
  writeAside(results.filter((one) => one.status === 'failed').flatMap(failedLines));
}

/** Returns the variables of a terminal's programs. */
export function terminalVariables({
  file,
  context,
  namespace,
  production,
  readOnly,
}: IsolatedTerminal): Variables {
  return {
    KUBECONFIG: file,
    K8S_TUNNELS_CONTEXT: context,
    K8S_TUNNELS_NAMESPACE: namespace,
    K8S_TUNNELS_PRODUCTION: production ? '1' : undefined,
    K8S_TUNNELS_READ_ONLY: readOnly === undefined ? undefined : '1',
  };
}

/** Returns an environment with variables set, or removed where they are undefined. */
export function withVariables(
  env: Readonly<Record<string, string | undefined>>,
  variables: Variables,
): Record<string, string> {
  const all = Object.entries({ ...env, ...variables });
  return Object.fromEntries(all.filter((entry): entry is [string, string] => entry[1] !== undefined));
}

/** Marks a terminal as production, on stderr. */
export function warnOfProduction({ context, production }: Pick<Terminal, 'context' | 'production'>): void {
  if (production) writeAside([paint(['red', 'bold'], `${context} is a production cluster.`, process.stderr)]);
}

/** Lets a terminal end with a process, if an agent is running. Never rejects. */
export async function followProcess(terminal: Pick<Terminal, 'id'>, pid: number): Promise<void> {
  await tellAgent((client) => client.call('terminal-follow', { terminal: terminal.id, pid }));
}

/**
 * Ends terminals. Removes their files itself if no agent is running: the next one then finds nothing to remove. Never
 * rejects.
 */
export async function endTerminals(terminals: readonly IsolatedTerminal[]): Promise<void> {
  const ids = terminals.map(({ id }) => id);
  if (await tellAgent((client) => client.call('terminal-end', { terminals: ids }))) return;
  for (const { file } of terminals)
    try {
      rmSync(path.dirname(file), { recursive: true, force: true });
    } catch {
      // The next agent removes it.
    }
}

type Agent = NonNullable<Awaited<ReturnType<typeof connectAgent>>>;

async function tellAgent(call: (client: Agent) => Promise<unknown>): Promise<boolean> {
  try {
    const paths = pathsFrom(process.env);
    const client = await connectAgent({ path: paths.socket, state: paths.state });
    if (client === undefined) return false;
    await call(client).finally(() => client.close());
    return true;
  } catch {
    return false;
  }
}
