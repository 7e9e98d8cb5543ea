import { z } from 'zod';
import {
  connectResultSchema,
  kubeconfigPlaceSchema,
  kubectlSchema,
  snapshotSchema,
} from '../agent/agent-view.ts';
import { cellSchema, clusterIdSchema } from '../agent/catalog/cluster.ts';
import { settingsSchema } from '../agent/settings/settings.ts';

/**
 * The one list of what a shell can ask of the agent and is told by it. Every transport parses inputs by it and
 * derives its types from it.
 */

/** A cluster by id, title or name. */
const clusterWord = z.string().min(1).max(512);

const context = { place: kubeconfigPlaceSchema.optional() };

export const operations = {
  snapshot: { input: z.object({}), output: snapshotSchema },
  discover: {
    input: z.object({}),
    output: z.object({ clusters: z.number(), failed: z.array(cellSchema), tookMs: z.number() }),
  },
  connect: {
    input: z.object({
      ...context,
      clusters: z.array(clusterWord).min(1),
      mode: z.enum(['switch', 'add']).optional(),
    }),
    output: z.object({
      results: z.array(connectResultSchema),
      kubectl: kubectlSchema,
      warnings: z.array(z.string()),
    }),
  },
  disconnect: {
    input: z.object({ ...context, clusters: z.union([z.literal('all'), z.array(clusterWord).min(1)]) }),
    output: z.object({
      closed: z.array(z.object({ cluster: clusterIdSchema, title: z.string() })),
      kubectl: kubectlSchema,
      warnings: z.array(z.string()),
    }),
  },
  switch: {
    input: z.object({ ...context, cluster: clusterWord }),
    output: z.object({ kubectl: kubectlSchema }),
  },
  kubectl: { input: z.object(context), output: kubectlSchema },
  credential: {
    input: z.object({ cluster: clusterWord, execInfo: z.string().optional() }),
    /** An ExecCredential, as kubectl reads it. Secret. */
    output: z.record(z.string(), z.unknown()),
  },
  /** Stars or unstars. */
  favourite: {
    input: z.object({ cluster: clusterWord, on: z.boolean() }),
    output: z.object({ favourites: z.array(clusterIdSchema) }),
  },
  'favourites-order': {
    input: z.object({ favourites: z.array(clusterIdSchema) }),
    output: z.object({ favourites: z.array(clusterIdSchema) }),
  },
  'settings-get': { input: z.object({}), output: settingsSchema },
  'settings-set': { input: settingsSchema.partial().strict(), output: settingsSchema },
  /**
   * Ends the agent but leaves everything as it is on disk: the agent that follows opens the same tunnels on the same
   * ports.
   */
  'hand-over': { input: z.object({}), output: z.object({ pid: z.number() }) },
  /** Closes every tunnel, gives kubeconfig back, ends the agent. */
  quit: { input: z.object({}), output: z.object({ pid: z.number() }) },
} as const satisfies Record<string, { readonly input: z.ZodType; readonly output: z.ZodType }>;

export type Operations = typeof operations;
export type OperationName = keyof Operations;
export type Input<N extends OperationName> = z.output<Operations[N]['input']>;
export type Output<N extends OperationName> = z.output<Operations[N]['output']>;
