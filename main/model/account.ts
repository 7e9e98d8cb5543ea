import { z } from 'zod';
import { loginProviders } from './login-providers.ts';

export const loginProviderSchema = z.enum(loginProviders);

/** An account with a session on this computer, or one to sign in to. */
export const accountSchema = z.object({
  /** `access` is Cloudflare Access, whose login begins automatically when a cluster is connected. */
  provider: loginProviderSchema,
  /** Identifies it among its provider's accounts, for `login` and `logout`. */
  session: z.string(),
  /** The signed-in user, if the store names them. */
  who: z.string().optional(),
  status: z.enum(['signed-in', 'ended', 'signed-out']),
  /** The expiry, ms since the epoch. Absent if unknown. A session that renews needs no login then. */
  endsAt: z.number().optional(),
  /** True if it renews without the user for as long as its issuer allows. */
  renews: z.boolean(),
  /** Where the session is stored, for users: a file, a variable, a vendor's tool. */
  store: z.string(),
  /** How the user signs in. `token` is one that somebody else issued. */
  asks: z.enum(['browser', 'password', 'code', 'token', 'nothing']),
  /** True without a session, if the organisation's or this computer's configuration needs the account. */
  needed: z.literal(true).optional(),
  /** Why a login cannot begin now and what to do first, as a sentence. */
  blocked: z.string().optional(),
  /** OpenID Connect: the API servers that the user allows to receive the ID token. */
  allowed: z.array(z.string()).optional(),
  /** True if `login` and `logout` manage it. Otherwise another tool does. */
  ours: z.boolean(),
});
export type Account = z.infer<typeof accountSchema>;

/** The result of a sign-out, as lines for users. */
export const signOutSchema = z.object({
  removed: z.array(z.string()),
  /** The sessions that remain. */
  remaining: z.array(z.string()),
});
export type SignOut = z.infer<typeof signOutSchema>;

/** A login that waits for the user. */
export const loginSchema = z.object({
  kind: accountSchema.shape.provider,
  /** The account to sign in to, by its title. */
  title: z.string(),
  /** The account's session. */
  session: z.string().optional(),
  /** For a user whose browser did not open. */
  url: z.string(),
  /** The code to enter at `url`, on any device. */
  userCode: z.string().optional(),
  /** No browser opened: the user must open `url`. */
  noBrowser: z.literal(true).optional(),
  since: z.number(),
});
export type LoginView = z.infer<typeof loginSchema>;
