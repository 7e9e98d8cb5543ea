import { z } from 'zod';
import { clusterIdSchema } from './cluster.ts';

/** What a user decides on before a cluster's API server receives their id token. */
export const consentSchema = z.object({
  cluster: clusterIdSchema,
  title: z.string(),
  /** The issuer's session, as accounts name it. */
  session: z.string(),
  issuer: z.string(),
  clientId: z.string(),
  /** The API server that receives the token. */
  server: z.string(),
  /** The name in its certificate, where it is not the server's host. */
  serverName: z.string().optional(),
  /** SHA-256 of the PEM of the cluster's own certificate authority, in hex; the computer's authorities where absent. */
  authority: z.string().optional(),
  allowed: z.boolean(),
  /** The same server was allowed with another authority or name. */
  changed: z.boolean(),
  /** Names what is shown here: it must be the same when it is allowed. */
  digest: z.string(),
});
export type Consent = z.infer<typeof consentSchema>;
