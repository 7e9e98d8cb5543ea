import { z } from 'zod';
import { clusterIdSchema } from '../model/cluster.ts';
import { reasonSchema, unlockSchema } from '../model/unlock.ts';
import { clusterWord, minutes, production } from './contract-inputs.ts';

/** The operations on production clusters that open read-only, and on read-only kubeconfigs. */
export const productionOperations = {
  /**
   * Lets the user write to a production cluster for a time. Rejects with `production-unconfirmed` without the user's answer,
   * which the desktop app asks for itself where another program calls.
   */
  unlock: {
    input: z.object({ cluster: clusterWord, reason: reasonSchema, minutes, production }),
    output: unlockSchema,
  },
  /** Ends unlocks, and the requests that go on because of them. */
  lock: {
    input: z.object({ clusters: z.union([z.literal('all'), z.array(clusterWord).min(1)]) }),
    output: z.object({ locked: z.array(z.object({ cluster: clusterIdSchema, title: z.string() })) }),
  },
  /** Writes a read-only kubeconfig of a cluster on the agent's computer. Returns its path, and no secret. */
  'read-only-file': {
    input: z.object({ cluster: clusterWord }),
    output: z.object({ file: z.string(), until: z.number() }),
  },
} as const satisfies Record<string, { readonly input: z.ZodType; readonly output: z.ZodType }>;
