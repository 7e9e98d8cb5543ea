import { z } from 'zod';
import { organisationSchema } from './organisation.ts';
import { settingsSchema } from './settings.ts';

/** What shells show of the organisation whose configuration counts. Holds no secret of it. */
export const organisationViewSchema = z.object({
  name: z.string(),
  /** `managed` by the computer's administrators, or set up by the person from an address or a file. */
  origin: z.enum(['managed', 'url', 'file']),
  /** The file, or the address without its query. */
  place: z.string(),
  /** Whether it only counts with the signature of a key that the user gave apart from it. */
  signed: z.boolean(),
  /** The fields that a newer one changes, which waits for the user's consent. */
  pending: z.array(z.string()).optional(),
  /** When it was last found to be the newest, ms since the epoch. */
  readAt: z.number(),
  team: z.string().optional(),
  links: z.object({ support: z.string().optional(), accessRequest: z.string().optional() }),
  locked: z.array(settingsSchema.keyof()),
  /** Where it looks for no clusters. */
  off: z.array(z.enum(['eks', 'gke', 'aks', 'vault'])).optional(),
  production: organisationSchema.shape.production.unwrap(),
});
export type OrganisationView = z.infer<typeof organisationViewSchema>;

/** What a setup will do, for a person to agree to. */
export const setupPreviewSchema = z.object({
  /** SHA-256 of what was read, hex: what is agreed to is that, and nothing else. */
  digest: z.string(),
  name: z.string(),
  origin: z.enum(['url', 'file']),
  place: z.string(),
  /** Whether it is signed with a key that the user gave apart from it. */
  signed: z.boolean(),
  /** The ed25519 public key that signs it, base64. Where `signed` is false, it came with the link or the setup before. */
  key: z.string().optional(),
  /** There is a signature beside it that no key has checked. */
  unchecked: z.boolean().optional(),
  /** What stands in the way unless the person says to replace it. */
  conflict: z
    .object({ why: z.enum(['origin', 'key', 'revision']), name: z.string(), place: z.string() })
    .optional(),
  /** What it says, but for what it leaves as usual; `before` where something else counts now. An empty text: not set. */
  fields: z.array(z.object({ field: z.string(), value: z.string(), before: z.string().optional() })),
  /** The person's settings that change, or can no longer be changed. */
  settings: z.array(
    z.object({ name: settingsSchema.keyof(), value: z.string(), before: z.string(), locked: z.boolean() }),
  ),
  /** What it means for the person's safety, a sentence each. */
  remarks: z.array(z.string()),
});
export type SetupPreview = z.infer<typeof setupPreviewSchema>;
