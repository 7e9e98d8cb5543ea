import { createNetwork } from '../../../main/agent/network/network.ts';
import { silentLogger, systemClock } from '../../../main/agent/parts.ts';
import { createOidcTokens } from '../../../main/agent/providers/oidc/tokens.ts';
import { signInFile } from '../logins/rig.ts';

/** Every API server may receive an id token. */
export const anyConsent = { check: async () => {}, servers: async () => [], revoke: async () => [] };

/** Nobody has signed in to any issuer. */
export const noOidc = createOidcTokens({
  file: signInFile('/nowhere/oidc-sign-ins.json'),
  network: createNetwork({}),
  clock: systemClock,
  logger: silentLogger,
  issuers: () => [],
});
