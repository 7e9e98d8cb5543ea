import { z } from 'zod';

/** Whose credential it is, where several identities may be meant. For display. */
export const credentialIdentitySchema = z.object({
  /** At the beginning of a sentence. */
  used: z.string(),
  /** Other identities that reach the account. */
  others: z.array(z.string()).readonly(),
  /** What gives an identity access to the cluster's API. */
  grants: z.string(),
  /** How to choose another. */
  choose: z.string(),
  /** The setting that chooses for the account of the cluster, and what it may name. */
  choice: z
    .object({ setting: z.enum(['awsRoles', 'gcpAccounts']), names: z.array(z.string()).readonly() })
    .optional(),
});
export type CredentialIdentity = z.infer<typeof credentialIdentitySchema>;
