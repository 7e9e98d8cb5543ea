import { z } from 'zod';
import { loginProviders } from './login-providers.ts';

export const loginProviderSchema = z.enum(loginProviders);

/** A sign-in that this computer holds, or could hold. */
export const accountSchema = z.object({
  /** `access` is Cloudflare Access: its sign-ins begin by themselves when a cluster is connected. */
  provider: loginProviderSchema,
  /** Names it among those of its provider: what `login` and `logout` are told. */
  session: z.string(),
  /** Who is signed in, where the store says so. */
  who: z.string().optional(),
  status: z.enum(['signed-in', 'ended', 'signed-out']),
  /** When what is held ends, ms since the epoch; absent where that is not known. Where it renews, nobody is asked then. */
  endsAt: z.number().optional(),
  /** Whether it is renewed without a person for as long as its issuer allows. */
  renews: z.boolean(),
  /** Where it is kept, for people: a file, a variable, a vendor's tool. */
  store: z.string(),
  /** What a sign-in asks of the person. */
  asks: z.enum(['browser', 'password', 'nothing']),
  /** True where nobody is signed in and the organisation's or this computer's configuration leads there. */
  needed: z.literal(true).optional(),
  /** Why a sign-in cannot begin now, and what comes first: a sentence. */
  blocked: z.string().optional(),
  /** Of OpenID Connect: the API servers that the user allows to receive the id token. */
  allowed: z.array(z.string()).optional(),
  /** Whether `login` and `logout` reach it; the others belong to another tool. */
  ours: z.boolean(),
});
export type Account = z.infer<typeof accountSchema>;

/** What a sign-out has done, each a line for people. */
export const signOutSchema = z.object({
  removed: z.array(z.string()),
  /** What still holds a session. */
  remaining: z.array(z.string()),
});
export type SignOut = z.infer<typeof signOutSchema>;

/** A sign-in that waits for a person now. */
export const loginSchema = z.object({
  kind: accountSchema.shape.provider,
  /** What is signed in to. */
  title: z.string(),
  /** The account's. */
  session: z.string().optional(),
  /** For a person whose browser did not open. */
  url: z.string(),
  /** To be entered at `url`, from any device. */
  userCode: z.string().optional(),
  /** No browser came up: the person opens `url` by hand. */
  noBrowser: z.literal(true).optional(),
  since: z.number(),
});
export type LoginView = z.infer<typeof loginSchema>;
