import type { Account } from '../model/account.ts';
import { command } from '../model/command.ts';

/** Returns the command that signs in to an account. */
export function loginCommand({ provider, session }: Pick<Account, 'provider' | 'session'>): string {
  return command`k8s-tunnels login ${provider} ${session}`;
}
