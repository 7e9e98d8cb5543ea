import type { Account, SignOut } from '../../model/account.ts';
import type { LoginProviderKind } from '../../model/login-providers.ts';
import type { Tab } from '../logins/tab.ts';

/** What a provider needs from the user and the caller. */
export interface SignInRequest {
  /** One of the provider's own accounts. */
  readonly session: string;
  /** Aborts after the time limit, or when all callers have left. */
  readonly signal: AbortSignal;
  /** The user has no browser here: use a code to enter elsewhere, if the provider supports it. */
  readonly deviceCode: boolean;
  /** For methods that need them; never stored. */
  readonly password: { readonly username: string; readonly password: string } | undefined;
  /** Shows the address and opens it in the browser. False if none opened: the user may open it by hand. */
  onUrl(url: string): Promise<boolean>;
  onDeviceCode(shown: { readonly url: string; readonly userCode: string }): void;
  /** Waits for the address of the login that follows, for the same tab. Absent if none follows. */
  readonly next?: Tab['next'] | undefined;
}

/** A service that users sign in to. */
export interface LoginProvider {
  readonly kind: LoginProviderKind;
  /** For display. */
  readonly title: string;
  /** A sentence that says how to make a login possible if `accounts` has none of ours. */
  readonly setUp: string;
  /** Returns whether the user can sign in with a name that `accounts` does not list. */
  accepts?(session: string): boolean;
  /** Lists every session and every possible login. Connects at most to the issuer; leaves out what cannot be read. */
  accounts(): Promise<readonly Account[]>;
  /**
   * Rejects with `login-failed`, `port-busy`, the provider's own codes, a network code, or with anything after the
   * signal aborted.
   */
  signIn(request: SignInRequest): Promise<void>;
  /** Removes what our login has stored, and ends the session at its issuer if possible. */
  signOut(session: string): Promise<SignOut>;
}
