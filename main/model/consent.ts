import { z } from 'zod';
import { clusterIdSchema } from './cluster.ts';

/** The facts that a user confirms before a cluster's API server receives their ID token. */
export const consentSchema = z.object({
  cluster: clusterIdSchema,
  title: z.string(),
  /** The issuer's session, as in `accounts`. */
  session: z.string(),
  issuer: z.string(),
  clientId: z.string(),
  /** The API server that receives the token. */
  server: z.string(),
  /** The name in its certificate, if it is not the server's host. */
  serverName: z.string().optional(),
  /** SHA-256 of the PEM of the cluster's CA certificate, in hex. Absent: the computer's CA certificates. */
  authority: z.string().optional(),
  allowed: z.boolean(),
  /** True if the user has allowed the same server with another CA certificate or name. */
  changed: z.boolean(),
  /** Identifies these facts, which must not have changed when the user allows them. */
  digest: z.string(),
});
export type Consent = z.infer<typeof consentSchema>;
