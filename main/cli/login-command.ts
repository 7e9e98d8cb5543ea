import { command } from '../agent/command.ts';
import type { Account } from '../agent/logins/account.ts';

/** The command that signs in to an account. */
export function loginCommand({ provider, session }: Pick<Account, 'provider' | 'session'>): string {
  return command`k8s-tunnels login ${provider} ${session}`;
}
