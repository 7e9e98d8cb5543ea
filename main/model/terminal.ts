import { z } from 'zod';
import { clusterIdSchema } from './cluster.ts';
import { namespaceName } from './namespace-name.ts';
import { readOnlySchema } from './read-only.ts';

/**
 * What uses an isolated kubeconfig: an interactive shell of ours, a shell that evaluated `env`, one command, or the server of
 * an AI client.
 */
const terminalKindSchema = z.enum(['shell', 'env', 'exec', 'mcp']);
export type TerminalKind = z.infer<typeof terminalKindSchema>;

/** The name of a folder, so nothing but these characters. */
export const terminalIdSchema = z.string().regex(/^[0-9a-f]{16}$/, 'must be the id of a terminal');

/** The name of a namespace. */
export const namespaceSchema = z.string().regex(namespaceName, 'must be the name of a namespace');

/** A terminal or a program with a kubeconfig of its own, which names one cluster. */
export const terminalSchema = z.object({
  id: terminalIdSchema,
  cluster: clusterIdSchema,
  kind: terminalKindSchema,
  /** The name of the context in its kubeconfig. */
  context: z.string(),
  namespace: z.string().optional(),
  /** The process that it ends with. */
  pid: z.number(),
  /** ms since the epoch. */
  since: z.number(),
  /** With its kubeconfig, a client can only read. */
  readOnly: readOnlySchema.optional(),
  /** True for a production cluster. */
  production: z.literal(true).optional(),
});
export type Terminal = z.infer<typeof terminalSchema>;
