import { z } from 'zod';
import { clusterIdSchema } from './cluster.ts';
import { readOnlySchema } from './read-only.ts';

/** A local TLS proxy: the port of a cluster for entries of the form `tls`, and for separate kubeconfigs. */
export const localProxySchema = z.object({
  cluster: clusterIdSchema,
  port: z.number(),
  /** Now. */
  connections: z.number(),
  /** Bytes since it was opened. */
  sent: z.number(),
  received: z.number(),
  /** The separate kubeconfigs that lead to it. */
  files: z.array(
    z.object({
      file: z.string(),
      /** True if it is for a container, which reaches the port through a Unix socket. */
      container: z.literal(true).optional(),
      /** What it allows beyond reading, if it can only read. */
      readOnly: readOnlySchema.optional(),
      /** When its secret expires, ms since the epoch. */
      until: z.number(),
    }),
  ),
});
export type LocalProxy = z.infer<typeof localProxySchema>;
