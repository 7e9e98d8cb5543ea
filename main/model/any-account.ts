import type { LoginProviderKind } from './login-providers.ts';

/**
 * The session to sign in to with an account that the user chooses in the browser, of providers that keep several. It is
 * added to those that are signed in.
 */
export const anyAccount = { gcp: 'google', azure: 'organizations' } as const satisfies Partial<
  Record<LoginProviderKind, string>
>;
