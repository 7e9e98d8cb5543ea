import { z } from 'zod';
import { clusterIdSchema } from './cluster.ts';

/** Values of `event`: the request was answered, a long answer has begun, or it has ended. */
const events = ['answered', 'opened', 'closed'] as const;

/** A request through a local TLS proxy: what was asked, never the query, a body or a header besides the client's name. */
export const auditRequestSchema = z.object({
  event: z.enum(events),
  /** When the request arrived, ms since the epoch. */
  at: z.number(),
  cluster: clusterIdSchema,
  title: z.string(),
  /** As in RBAC. The method in lower case for a path that is no resource. */
  verb: z.string(),
  /** Absent for the core group. */
  group: z.string().optional(),
  resource: z.string().optional(),
  subresource: z.string().optional(),
  namespace: z.string().optional(),
  name: z.string().optional(),
  /** The first parts of a path that is no resource. */
  path: z.string().optional(),
  /** The HTTP status. Absent if there was no answer. */
  status: z.number().optional(),
  /** Of the answer's body, so far. */
  bytes: z.number(),
  /** Since the request arrived. */
  ms: z.number(),
  /** The first word of the User-Agent. */
  client: z.string().optional(),
  /** The request showed the secret of a read-only kubeconfig. */
  readOnly: z.literal(true).optional(),
  /** The proxy refused it: the API server did not get it. */
  refused: z.literal(true).optional(),
  /** The client left, or the connection broke, before the answer was complete. */
  incomplete: z.literal(true).optional(),
  /** The same in the two entries of one long answer. */
  stream: z.string().optional(),
});

export const auditEntrySchema = z.discriminatedUnion('event', [
  auditRequestSchema,
  /** Entries that could not be written, for example because the disk was full. */
  z.object({ event: z.literal('lost'), at: z.number(), count: z.number() }),
]);

export type AuditRequest = z.infer<typeof auditRequestSchema>;
export type AuditEntry = z.infer<typeof auditEntrySchema>;
