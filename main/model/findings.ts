import { z } from 'zod';
import { plainErrorSchema } from './error-schema.ts';

/** What discovery can use on this computer besides sessions: names and numbers, no secrets. */
export const findingsSchema = z.object({
  /** AWS profiles that can log in. An empty name means credentials in environment variables. */
  awsProfiles: z.array(z.string()),
  /** gcloud's account. Other programs cannot use it: they need application-default credentials. */
  gcloudAccount: z.string().optional(),
  /** The cluster files of the settings, with the number of clusters or the reason why it cannot be read. */
  clusterFiles: z.array(
    z.object({ file: z.string(), clusters: z.number().optional(), error: plainErrorSchema.optional() }),
  ),
});
export type Findings = z.infer<typeof findingsSchema>;
