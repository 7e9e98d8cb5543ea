import { createHash } from 'node:crypto';
import type { CallerEnvironment } from '../../model/caller-environment.ts';
import type { Source } from '../../model/cluster.ts';
import type { Clock, Environment } from '../parts.ts';
import { differentSources, environmentWith, identityVariables, variablesFor } from './identity-variables.ts';

/** How long the variables of a shell stay in memory after their last use. */
const idleMs = 30 * 60_000;
/** More shells at the same time than a user has; each new session of `aws-vault` is another one. */
const mostCallers = 16;

/** What each caller uses, by the variables of its shell. */
export interface Callers<T> {
  /**
   * Returns what a call uses: the agent's own for a window, and for a shell whose variables say the same. Otherwise that
   * of the shell's variables, which is shared by all shells with the same ones, and dropped 30 minutes after its last
   * use.
   */
  of(environment: CallerEnvironment | undefined): T;
  /** Returns the agent's own and those in memory. */
  all(): readonly T[];
  close(): void;
}

export function createCallers<T>(options: {
  readonly clock: Pick<Clock, 'timer'>;
  /** Of the agent. */
  readonly own: T;
  readonly env: Environment;
  /** Whether a shell that sets none of a provider's variables uses the agent's: see `variablesFor`. */
  readonly inherits: boolean;
  /**
   * Creates what a shell uses, whose variables are in `env`. They may lead to other clusters in these sources only.
   */
  readonly create: (env: Environment, sources: readonly Source[]) => T;
  /** Called for what is dropped. */
  readonly drop: (dropped: T) => void;
}): Callers<T> {
  const { clock, own, env, inherits, create, drop } = options;
  // The paths of an agent's own environment are absolute, or relative to where it runs.
  const agent = identityVariables(env, process.cwd());
  const agentKey = keyOf(agent);
  /** The last used at the end. */
  const held = new Map<string, { readonly value: T; cancel: () => void }>();

  const end = (key: string) => {
    const entry = held.get(key);
    if (entry === undefined) return;
    held.delete(key);
    entry.cancel();
    drop(entry.value);
  };

  return {
    of(environment) {
      if (environment === undefined) return own;
      const caller = identityVariables(environment.variables, environment.cwd);
      const variables = variablesFor({ agent, caller, inherits });
      const key = keyOf(variables);
      if (key === agentKey) return own;
      const known = held.get(key);
      known?.cancel();
      const value =
        known === undefined
          ? create(environmentWith(env, variables), differentSources(variables, agent))
          : known.value;
      held.delete(key);
      held.set(key, { value, cancel: clock.timer(idleMs, () => end(key)) });
      const [oldest] = held.keys();
      if (held.size > mostCallers && oldest !== undefined) end(oldest);
      return value;
    },
    all: () => [own, ...[...held.values()].map(({ value }) => value)],
    close() {
      for (const key of [...held.keys()]) end(key);
    },
  };
}

/** Returns a digest, so that no key holds a secret. */
function keyOf(variables: Readonly<Record<string, string>>): string {
  const sorted = Object.entries(variables).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return createHash('sha256').update(JSON.stringify(sorted)).digest('base64');
}
