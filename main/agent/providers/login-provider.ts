import type { Account, SignOut } from '../../model/account.ts';
import type { LoginProviderKind } from '../../model/login-providers.ts';

/** What a provider needs of the person and of whoever asks. */
export interface SignInRequest {
  /** One of the provider's own accounts. */
  readonly session: string;
  /** Aborts when it has taken too long or nobody waits any more. */
  readonly signal: AbortSignal;
  /** The person has no browser here: a code is to be entered elsewhere, where the provider has that. */
  readonly deviceCode: boolean;
  /** For methods that want them; never kept. */
  readonly password: { readonly username: string; readonly password: string } | undefined;
  /** Shows the address and opens it in the browser. False where none opened: the person may open it by hand. */
  onUrl(url: string): Promise<boolean>;
  onDeviceCode(shown: { readonly url: string; readonly userCode: string }): void;
}

/** One kind of place to sign in to. */
export interface LoginProvider {
  readonly kind: LoginProviderKind;
  /** For people. */
  readonly title: string;
  /** What makes a sign-in possible where `accounts` has none of ours: a sentence. */
  readonly setUp: string;
  /** Whether a name that `accounts` does not have is one to sign in to all the same. */
  accepts?(session: string): boolean;
  /** Every sign-in that is held or could be. Asks nobody but, at most, the issuer; one that cannot be read is left out. */
  accounts(): Promise<readonly Account[]>;
  /** Rejects with `login-failed`, `port-busy`, the provider's own codes, a network code, or anything once the signal aborted. */
  signIn(request: SignInRequest): Promise<void>;
  /** Removes what a sign-in of ours has left, and ends it at its issuer where that is possible. */
  signOut(session: string): Promise<SignOut>;
}
