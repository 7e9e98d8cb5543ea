import { z } from 'zod';
import { plainErrorSchema } from './error-schema.ts';

/** What this computer has to find clusters with, beside its sign-ins: names and numbers, no secret. */
export const findingsSchema = z.object({
  /** The AWS profiles that can log in; an empty name stands for the credentials of the environment's variables. */
  awsProfiles: z.array(z.string()),
  /** Whom gcloud works as. Other programs have nothing of that: they need application-default credentials. */
  gcloudAccount: z.string().optional(),
  /** The lists of clusters that the settings name, with how many each holds, or why it cannot be read. */
  clusterFiles: z.array(
    z.object({ file: z.string(), clusters: z.number().optional(), error: plainErrorSchema.optional() }),
  ),
});
export type Findings = z.infer<typeof findingsSchema>;
