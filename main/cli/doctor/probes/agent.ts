import type { Paths } from '../../../agent/paths.ts';
import { type Client, connectAgent } from '../../../api/socket/client.ts';
import type { Account } from '../../../model/account.ts';
import { type PlainError, toPlainError } from '../../../model/app-error.ts';
import { callerEnvironment } from '../../caller-environment.ts';
import type { AgentFacts } from '../facts.ts';

/** Connects to the agent, if one is running, and asks what it shows. Starts none. Never rejects. */
export async function reachRunning({
  socket,
  state,
}: Pick<Paths, 'socket' | 'state'>): Promise<{ readonly agent: AgentFacts; readonly client?: Client }> {
  try {
    const client = await connectAgent({ path: socket, state, limit: 'short' });
    if (client === undefined) return { agent: { status: 'none' } };
    const { version, pid } = client.agent;
    return {
      agent: { status: 'running', version, pid, snapshot: await client.call('snapshot', {}) },
      client,
    };
  } catch (error) {
    return { agent: { status: 'failed', error: toPlainError(error) } };
  }
}

/** Resolves with the sessions of the caller, as the agent knows them, or with why it does not. */
export async function readAccounts(client: Client): Promise<readonly Account[] | { error: PlainError }> {
  try {
    return (await client.call('accounts', { environment: callerEnvironment() })).accounts;
  } catch (error) {
    return { error: toPlainError(error) };
  }
}
