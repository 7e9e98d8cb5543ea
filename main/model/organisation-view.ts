import { z } from 'zod';
import { plainErrorSchema } from './error-schema.ts';
import { organisationSchema } from './organisation.ts';
import { settingsSchema } from './settings.ts';

/** The applied organisation's configuration as shells show it. Has no secrets. */
export const organisationViewSchema = z.object({
  name: z.string(),
  /** `managed` by the computer's administrators, or set up by the user from an address or a file. */
  origin: z.enum(['managed', 'url', 'file']),
  /** The file, or the address without its query. */
  place: z.string(),
  /** True if it needs a signature by a key that the user gave separately. */
  signed: z.boolean(),
  /** The pinned Ed25519 public keys, base64: one of them must sign the next version. Absent for a managed file. */
  keys: z.array(z.string()).optional(),
  /** The keys that have signed this version. */
  signers: z.array(z.string()).optional(),
  revision: z.number().optional(),
  /** The last try to reload it, if that failed: when (ms since the epoch), and why. This version stays in effect. */
  failed: z.object({ at: z.number(), error: plainErrorSchema }).optional(),
  /** The fields that a new configuration changes, which waits for the user's review. */
  pending: z.array(z.string()).optional(),
  /** The last time it was found current, ms since the epoch. */
  readAt: z.number(),
  team: z.string().optional(),
  links: z.object({ support: z.string().optional(), accessRequest: z.string().optional() }),
  locked: z.array(settingsSchema.keyof()),
  /** Set if this installation has the changes of the pilot group. `line` says why, for users. */
  pilot: z.object({ why: z.enum(['share', 'user']), line: z.string() }).optional(),
  /** The sources that it disables. */
  off: z.array(z.enum(['eks', 'gke', 'aks', 'vault'])).optional(),
  production: organisationSchema.shape.production.unwrap(),
});
export type OrganisationView = z.infer<typeof organisationViewSchema>;

/** The effects of a setup, for the user to confirm. */
export const setupPreviewSchema = z.object({
  /** SHA-256 of the configuration in hex: the user confirms exactly this version. */
  digest: z.string(),
  name: z.string(),
  origin: z.enum(['url', 'file']),
  place: z.string(),
  /** True if it is signed by a key that the user gave separately. */
  signed: z.boolean(),
  /**
   * The Ed25519 public key that verifies it, base64. If `signed` is false, it came with the link or the earlier setup.
   */
  key: z.string().optional(),
  /** True if it has a signature that no key has verified. */
  unchecked: z.boolean().optional(),
  /** A current configuration that the user must agree to replace. */
  conflict: z
    .object({ why: z.enum(['origin', 'key', 'revision']), name: z.string(), place: z.string() })
    .optional(),
  /** Its values that are not the default. `before` is the current value if that differs. An empty text: not set. */
  fields: z.array(z.object({ field: z.string(), value: z.string(), before: z.string().optional() })),
  /** The user's settings that change or become locked. */
  settings: z.array(
    z.object({ name: settingsSchema.keyof(), value: z.string(), before: z.string(), locked: z.boolean() }),
  ),
  /** Security remarks, a sentence each. */
  remarks: z.array(z.string()),
});
export type SetupPreview = z.infer<typeof setupPreviewSchema>;
