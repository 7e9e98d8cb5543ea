import type { OperationName } from '../api/contract.ts';
import type { Client } from '../api/socket/client.ts';
import { callerEnvironment } from './caller-environment.ts';

/** The operations that act with the variables of the caller's shell. */
const withVariables: readonly OperationName[] = [
  'accounts',
  'compare',
  'connect',
  'discover',
  'login',
  'logout',
];

/** Returns a client whose calls act with the variables of this shell. */
export function shellClient(client: Client): Client {
  const environment = callerEnvironment();
  return {
    get agent() {
      return client.agent;
    },
    get ended() {
      return client.ended;
    },
    call: (name, input, options) =>
      client.call(name, withVariables.includes(name) ? { ...input, environment } : input, options),
    subscribe: (listener) => client.subscribe(listener),
    look: (isLooking) => client.look(isLooking),
    close: () => client.close(),
  };
}
